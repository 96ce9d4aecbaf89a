//! Numbers in lines that are written often.

use std::time::Duration;

/// The most digits of a number.
const MOST: usize = 20;

/// Appends `number` in decimal.
pub(super) fn unsigned(out: &mut Vec<u8>, number: u64) {
    match number {
        0..10 => out.push(b'0' + number as u8),
        10..10_000 => short(out, number as u32),
        _ => long(out, number),
    }
}

/// Appends a number of at most four digits.
fn short(out: &mut Vec<u8>, number: u32) {
    let digit = |number: u32| b'0' + (number % 10) as u8;
    let digits = [
        digit(number / 1000),
        digit(number / 100),
        digit(number / 10),
        digit(number),
    ];
    let zeros = [10, 100, 1000].map(|end| usize::from(number < end));
    let zeros = zeros.iter().sum::<usize>();
    let digits = u32::from_be_bytes(digits) << (8 * zeros);
    first(out, &digits.to_be_bytes(), 4 - zeros);
}

fn long(out: &mut Vec<u8>, number: u64) {
    // As many as the largest has, and as many again so that as many can be copied from each.
    let mut digits = [0; 2 * MOST];
    let (mut rest, mut at) = (number, MOST);
    for digit in digits[..MOST].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        at -= 1;
        if rest == 0 {
            break;
        }
    }
    if let Some(digits) = digits[at..].first_chunk::<MOST>() {
        first(out, digits, MOST - at);
    }
}

/// The first number of seconds that [`millis`] cannot write.
pub(super) const SECONDS_END: u64 = 1_000_000_000;

/// Appends a time in milliseconds, with one to three decimals: the same as the shortest text of the
/// `f64` nearest to it, for so many digits can be relied on.
pub(super) fn millis(out: &mut Vec<u8>, time: Duration) {
    unsigned(out, time.as_secs() * 1000 + u64::from(time.subsec_millis()));
    let fraction = time.subsec_micros() % 1000;
    let digit = |number: u32| b'0' + (number % 10) as u8;
    let decimals = [
        b'.',
        digit(fraction / 100),
        digit(fraction / 10),
        digit(fraction),
    ];
    let length = match decimals {
        [.., b'0', b'0'] => 2,
        [.., b'0'] => 3,
        _ => 4,
    };
    first(out, &decimals, length);
}

/// Appends the first `length` bytes of a few. All are copied: for so few, a copy whose length is
/// known beforehand is quicker than a shorter one.
pub(super) fn first<const N: usize>(out: &mut Vec<u8>, bytes: &[u8; N], length: usize) {
    let end = out.len() + length;
    out.extend_from_slice(bytes);
    out.truncate(end);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_look_as_usual() {
        let long = [
            12_345,
            u64::from(u32::MAX),
            u64::from(u32::MAX) + 7,
            u64::MAX,
        ];
        for number in (0..11_000).chain(long) {
            let text = written(|out| super::unsigned(out, number));
            assert_eq!(text, number.to_string());
        }
    }

    #[test]
    fn milliseconds_look_like_the_nearest_float() {
        let steps = (0..49).map(|power| (1 << power) + power);
        let last = super::SECONDS_END * 1_000_000 - 1;
        for micros in (0..20_000).chain(steps).chain(last - 2000..=last) {
            let time = Duration::from_micros(micros) + Duration::from_nanos(999);
            let text = written(|out| super::millis(out, time));
            let float = serde_json::to_string(&(micros as f64 / 1000.0)).unwrap();
            assert_eq!(text, float);
        }
    }
}
