//! Heads that nobody sends, always the same ones.

use http::Request;

use super::kit::{AUTHORIZATION, PATH, noon, verifier};

/// A sequence of numbers that look random (xorshift).
pub(super) struct Noise(u64);

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    /// Up to `longest` of the pieces that `alphabet` has between its `|`.
    pub(super) fn text(&mut self, alphabet: &str, longest: usize) -> String {
        let pieces: Vec<_> = alphabet.split('|').collect();
        let length = self.below(longest + 1);
        (0..length)
            .map(|_| pieces[self.below(pieces.len())])
            .collect()
    }

    /// `text` with some bytes changed, left out or put in.
    fn garble(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..self.below(5) {
            let at = self.below(bytes.len().max(1));
            let byte = self.below(256) as u8;
            match self.below(4) {
                0 => drop(bytes.drain(at..(at + self.below(20)).min(bytes.len()))),
                1 => bytes.insert(at.min(bytes.len()), byte),
                2 => bytes.insert(at.min(bytes.len()), b",;=/&%: "[self.below(8)]),
                _ => {
                    if let Some(place) = bytes.get_mut(at) {
                        *place = byte;
                    }
                }
            }
        }
        bytes
    }
}

#[test]
fn no_head_makes_it_panic() {
    let mut noise = Noise::new(1);
    let verifier = verifier();
    let presigned = format!(
        "{PATH}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261120T120000Z&X-Amz-Expires=900\
         &X-Amz-Credential=AKIDEXAMPLE%2F20261120%2Fus-east-1%2Flambda%2Faws4_request\
         &X-Amz-SignedHeaders=host&X-Amz-Signature=d49c"
    );
    let (mut whole, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let in_header = noise.below(2) == 0;
        let uri = noise.garble(if in_header { PATH } else { &presigned });
        let mut request = Request::builder().uri(uri);
        if in_header {
            request = request.header("authorization", noise.garble(AUTHORIZATION));
        }
        request = request.header("x-amz-date", noise.garble("20261120T120000Z"));
        request = request.header("x-amz-content-sha256", noise.garble("x"));
        let Ok(request) = request.body(()) else {
            continue;
        };
        match verifier.check_head(&request.into_parts().0, noon()) {
            Ok(pending) => {
                whole += 1;
                let _ = pending.check_body(b"{}").map_err(|error| error.message());
            }
            Err(error) => {
                refused += 1;
                assert!(!error.message().is_empty());
            }
        }
    }
    assert!(
        whole > 500 && refused > 500,
        "{whole} whole, {refused} refused"
    );
}
