//! Dice that always fall the same way: a small generator seeded by what the throw is about, never by a clock.

/// A run of throws for one purpose and one number (splitmix64).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    /// The dice for `purpose` and `number`: other purposes and other numbers fall independently.
    pub(super) fn of(purpose: u64, number: u64) -> Self {
        let mut dice = Self(purpose.wrapping_mul(0xA076_1D64_78BD_642F) ^ number.wrapping_mul(0xE703_7ED1_A0B4_28DB));
        dice.next();
        dice
    }

    /// A number below `sides`, which is at least 1.
    pub(super) fn roll(&mut self, sides: u32) -> u32 {
        // The remainder of a 64-bit number: the bias for a few sides is far below anything a demo shows.
        u32::try_from(self.next() % u64::from(sides.max(1))).unwrap_or_default()
    }

    /// True once in `times` throws.
    pub(super) fn once_in(&mut self, times: u32) -> bool {
        self.roll(times) == 0
    }

    /// One of `faces`, or nothing when there is none.
    pub(super) fn pick<'a, T>(&mut self, faces: &'a [T]) -> Option<&'a T> {
        let sides = u32::try_from(faces.len()).unwrap_or(u32::MAX);
        faces.get(usize::try_from(self.roll(sides)).unwrap_or_default())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// Shares `total` out by `weights` so that the shares sum to exactly `total`: each running sum is rounded down, so no
/// share is more than one away from its exact part. Weights of 0 get nothing; all 0 share out nothing.
pub fn apportion(total: u32, weights: &[u32]) -> Vec<u32> {
    let whole: u64 = weights.iter().copied().map(u64::from).sum();
    let mut weight_so_far = 0;
    let mut given = 0;
    let mut share = |weight: u32| {
        weight_so_far += u64::from(weight);
        let due = (u64::from(total) * weight_so_far).checked_div(whole).unwrap_or(0);
        let part = due - given;
        given = due;
        u32::try_from(part).unwrap_or(u32::MAX)
    };
    weights.iter().map(|weight| share(*weight)).collect()
}
