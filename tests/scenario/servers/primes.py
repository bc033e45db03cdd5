"""DH primes by their published formulas, so that no test relies on a copied
constant: RFC 2409 and RFC 3526 (digits of pi), RFC 7919 (digits of e)."""


def _pi_bits(bits):
    """floor(2^bits * pi), by Machin's formula with guard bits."""
    guard = 64
    one = 1 << (bits + guard)

    def arctan_inverse(x):
        term = total = one // x
        n, sign = 3, -1
        while term:
            term //= x * x
            total += sign * (term // n)
            n, sign = n + 2, -sign
        return total

    return (4 * (4 * arctan_inverse(5) - arctan_inverse(239))) >> guard


def _e_bits(bits):
    """floor(2^bits * e)."""
    guard = 64
    term = total = 1 << (bits + guard)
    n = 1
    while term:
        term //= n
        total += term
        n += 1
    return total >> guard


def modp(bits, offset):
    """RFC 2409 6.2, RFC 3526: 2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) pi) + offset)."""
    return 2**bits - 2**(bits - 64) - 1 + 2**64 * (_pi_bits(bits - 130) + offset)


def ffdhe(bits, offset):
    """RFC 7919 appendix A: 2^n - 2^(n-64) + (floor(2^(n-130) e) + offset) * 2^64 - 1."""
    return 2**bits - 2**(bits - 64) + (_e_bits(bits - 130) + offset) * 2**64 - 1


OAKLEY_2_1024 = modp(1024, 129093)      # RFC 2409 6.2: the prime half the net shared
MODP_2048 = modp(2048, 124476)          # RFC 3526 group 14
FFDHE_2048 = ffdhe(2048, 560316)        # RFC 7919 A.1
