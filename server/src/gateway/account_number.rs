//! Mints account numbers: `C`, ten digits, two check digits (ISO 7064, MOD 97-10), so that a mistyped number is almost
//! never somebody else's.

use domain::AccountNumber;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

const DIGITS: u64 = 10_000_000_000;

/// The number for one wish to open an account: the same wish, sent again, names the same account. `attempt` counts the
/// numbers that turned out to be taken.
pub fn mint(person: Uuid, wish: Uuid, attempt: u8) -> Option<AccountNumber> {
    let hash = Sha256::new().chain_update(person).chain_update(wish).chain_update([attempt]).finalize();
    let bytes = hash.first_chunk::<8>()?;
    let body = u64::from_be_bytes(*bytes) % DIGITS;
    format!("C{body:010}{:02}", check_digits(body)).parse().ok()
}

/// Such that the digits with their check digits leave 1 when divided by 97.
fn check_digits(body: u64) -> u64 {
    98 - (body % 97) * 100 % 97
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn digits(number: &AccountNumber) -> u64 {
        number.as_str().strip_prefix('C').unwrap().parse().unwrap()
    }

    #[test]
    fn the_check_digits_are_those_of_iso_7064() {
        // The standard's example for MOD 97-10: 0794 has the check digits 44.
        assert_eq!(check_digits(794), 44);
    }

    #[test]
    fn one_wrong_digit_or_two_exchanged_ones_are_noticed() {
        let number = digits(&mint(Uuid::from_u128(1), Uuid::from_u128(2), 0).unwrap());
        assert_eq!(number % 97, 1);
        let text = format!("{number:012}").into_bytes();
        for place in 0..text.len() {
            for digit in b'0'..=b'9' {
                let mut wrong = text.clone();
                wrong[place] = digit;
                let wrong: u64 = std::str::from_utf8(&wrong).unwrap().parse().unwrap();
                assert_eq!(wrong % 97 == 1, wrong == number);
            }
        }
        for place in 1..text.len() {
            let mut exchanged = text.clone();
            exchanged.swap(place - 1, place);
            let exchanged: u64 = std::str::from_utf8(&exchanged).unwrap().parse().unwrap();
            assert_eq!(exchanged % 97 == 1, exchanged == number);
        }
    }

    #[test]
    fn the_same_wish_names_the_same_account_and_another_wish_another() {
        let (person, wish) = (Uuid::now_v7(), Uuid::now_v7());
        assert_eq!(mint(person, wish, 0), mint(person, wish, 0));
        assert_ne!(mint(person, wish, 0), mint(person, wish, 1));
        assert_ne!(mint(person, wish, 0), mint(person, Uuid::now_v7(), 0));
    }
}
