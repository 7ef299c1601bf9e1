//! Work that can be counted: finding prime numbers by trial division. A division is one unit of work.

/// How many of the numbers are prime, and how many divisions it took to find out.
#[must_use]
pub fn count(numbers: impl Iterator<Item = u64>) -> (u64, u64) {
    let (mut primes, mut divisions) = (0, 0);
    for number in numbers {
        let (prime, work) = test(number);
        primes += u64::from(prime);
        divisions += work;
    }
    (primes, divisions)
}

fn test(number: u64) -> (bool, u64) {
    let (mut divisor, mut divisions) = (2, 0);
    while divisor * divisor <= number {
        divisions += 1;
        if number.is_multiple_of(divisor) {
            return (false, divisions);
        }
        divisor += 1;
    }
    (number >= 2, divisions)
}
