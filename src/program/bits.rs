//! Words of bits.

/// The places of the bits that are set, counted from the first bit of word `word`.
#[inline]
pub fn bits(word: usize, mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = usize::try_from(bits.trailing_zeros()).ok().filter(|bit| *bit < 64)?;
        bits &= bits - 1;
        Some(word * 64 + bit)
    })
}
