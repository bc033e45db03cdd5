#!/usr/bin/perl
# A news reader by Perl's own Net::NNTP, run in the room: news.pl HOST PORT CA USER PASSWORD [post]. Article on standard
# input. Prints what the server offers, then all articles of lab.test as they came.
use strict;
use warnings;
use Net::NNTP;

my ($host, $port, $ca, $user, $password, $post) = @ARGV;
my %tls = (SSL_ca_file => $ca, SSL_verify_mode => 1, SSL_verifycn_name => $host, SSL_hostname => $host);
my $implicit = $port == 563;
my $news = Net::NNTP->new(Host => $host, Port => $port, Timeout => 20, Reader => 0, $implicit ? (SSL => 1, %tls) : ())
    or die "no connection: $@\n";
$implicit or $news->starttls(%tls) or die "no TLS: " . $news->message . " $IO::Socket::SSL::SSL_ERROR\n";
$news->command('CAPABILITIES')->response == 1 or die $news->message;
print "offered: ", join(' ', map { s/\r?\n//r } @{ $news->read_until_dot }), "\n";
if ($user) {
	$news->authinfo($user, $password) or die "login: " . $news->code . ' ' . $news->message;
}
if ($post) {
	my @article = <STDIN>;
	$news->post(\@article) or die "post: " . $news->code . ' ' . $news->message;
}
my ($count, $first, $last) = $news->group('lab.test');
defined $count or die "group: " . $news->code . ' ' . $news->message;
for my $n ($first .. $last) {
	my $body = $news->body($n) or next;
	print "article:\n", @$body;
}
$news->quit;
