//! Medians and quartiles.

use serde::Serialize;

/// A figure over all rounds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Spread {
    pub(crate) p10: f64,
    pub(crate) p25: f64,
    pub(crate) median: f64,
    pub(crate) p75: f64,
    pub(crate) p90: f64,
    pub(crate) least: f64,
}

impl Spread {
    /// Of any figures; NaN where there are none.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let place = part * figures.len().saturating_sub(1) as f64;
            let (low, high) = (place.floor(), place.ceil());
            let figure = |place: f64| figures.get(place as usize).copied().unwrap_or(f64::NAN);
            figure(low) + (figure(high) - figure(low)) * (place - low)
        };
        Self {
            p10: at(0.1),
            p25: at(0.25),
            median: at(0.5),
            p75: at(0.75),
            p90: at(0.9),
            least: at(0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn quartiles_lie_between_the_figures() {
        let spread = Spread::of([4.0, 1.0, 3.0, 2.0]);
        assert_eq!((spread.p25, spread.median, spread.p75), (1.75, 2.5, 3.25));
        assert_eq!(spread.least, 1.0);
    }
}
