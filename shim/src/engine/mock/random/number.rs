//! Numbers within their limits.

use serde_json::Value;

use super::Misfit;
use super::rng::Rng;
use super::rules::Rules;

/// How far numbers go where the schema sets no limit, or no second one.
const USUAL_SPAN: i128 = 1000;

/// How often another number is tried.
const TRIES: usize = 32;

/// The largest part of a unit that `multipleOf` is understood in for integers.
const MAX_PARTS: u32 = 1000;

/// A whole number.
pub(super) fn integer(rules: &Rules<'_>, rng: &mut Rng) -> Result<Value, Misfit> {
    let floor = |value: &Value, add: i128| match whole(value) {
        Some(number) => Some(number.saturating_add(add)),
        // The next one above a fraction is within an exclusive limit too.
        None => value.as_f64().map(|float| float.ceil() as i128),
    };
    let ceiling = |value: &Value, take: i128| match whole(value) {
        Some(number) => Some(number.saturating_sub(take)),
        None => value.as_f64().map(|float| float.floor() as i128),
    };
    let lows = rules.all("minimum").filter_map(|value| floor(value, 0));
    let above = rules.all("exclusiveMinimum");
    let lows = lows.chain(above.filter_map(|value| floor(value, 1)));
    let highs = rules.all("maximum").filter_map(|value| ceiling(value, 0));
    let below = rules.all("exclusiveMaximum");
    let highs = highs.chain(below.filter_map(|value| ceiling(value, 1)));

    let (mut low, mut high) = usual(lows.max(), highs.min());
    // What JSON's numbers are read into.
    let mut limits = (i128::from(i64::MIN), i128::from(u64::MAX));
    for (least, most) in rules.all("format").filter_map(format_limits) {
        limits = (limits.0.max(least), limits.1.min(most));
    }
    (low, high) = (low.max(limits.0), high.min(limits.1));
    let step = rules.all("multipleOf").filter_map(whole_step).max();
    let step = step.unwrap_or(1);
    let (first, last) = (low.div_euclid(step), high.div_euclid(step));
    let first = first + i128::from(low.rem_euclid(step) != 0);
    if first > last {
        return Err(Misfit::Nothing);
    }
    let number = rng.between(first, last) * step;
    match (i64::try_from(number), u64::try_from(number)) {
        (Ok(number), _) => Ok(number.into()),
        (_, Ok(number)) => Ok(number.into()),
        _ => Err(Misfit::Nothing),
    }
}

/// Any number.
pub(super) fn any(rules: &Rules<'_>, rng: &mut Rng) -> Result<Value, Misfit> {
    let limit = |key: &str| rules.all(key).filter_map(Value::as_f64).collect::<Vec<_>>();
    let (from, above) = (limit("minimum"), limit("exclusiveMinimum"));
    let (to, below) = (limit("maximum"), limit("exclusiveMaximum"));
    let low = from.iter().chain(&above).copied().reduce(f64::max);
    let high = to.iter().chain(&below).copied().reduce(f64::min);
    let span = USUAL_SPAN as f64;
    let (low, high) = match (low, high) {
        (Some(low), Some(high)) => (low, high),
        (Some(low), None) => (low, (low + span.max(low.abs())).min(f64::MAX)),
        (None, Some(high)) => ((high - span.max(high.abs())).max(f64::MIN), high),
        (None, None) => (-span, span),
    };
    let fits = |number: f64| {
        from.iter().all(|limit| number >= *limit)
            && above.iter().all(|limit| number > *limit)
            && to.iter().all(|limit| number <= *limit)
            && below.iter().all(|limit| number < *limit)
    };
    let step = rules.all("multipleOf").filter_map(Value::as_f64);
    let step = step.filter(|step| *step > 0.0).reduce(f64::max);
    for _ in 0..TRIES {
        let share = rng.unit();
        let number = low * (1.0 - share) + high * share;
        let candidates = match step {
            Some(step) => [
                (number / step).floor() * step,
                (number / step).ceil() * step,
            ],
            // Two decimals, where that is not too coarse.
            None => [(number * 100.0).round() / 100.0, number],
        };
        if let Some(number) = candidates.into_iter().find(|number| fits(*number)) {
            let number = serde_json::Number::from_f64(number);
            return number.map(Value::Number).ok_or(Misfit::Nothing);
        }
    }
    // Both limits are the same, perhaps.
    let number = serde_json::Number::from_f64(low).filter(|_| fits(low) && step.is_none());
    number.map(Value::Number).ok_or(Misfit::Nothing)
}

/// The limits, or what is usual instead of those that are missing.
fn usual(low: Option<i128>, high: Option<i128>) -> (i128, i128) {
    match (low, high) {
        (Some(low), Some(high)) => (low, high),
        (Some(low), None) => (low, low.saturating_add(USUAL_SPAN)),
        (None, Some(high)) => (high.saturating_sub(USUAL_SPAN), high),
        (None, None) => (-USUAL_SPAN, USUAL_SPAN),
    }
}

fn whole(value: &Value) -> Option<i128> {
    let exact = value.as_i64().map(i128::from);
    let exact = exact.or_else(|| value.as_u64().map(i128::from));
    let float = value.as_f64().filter(|float| float.fract() == 0.0);
    exact.or_else(|| float.map(|float| float as i128))
}

/// The least whole number that is a multiple of `multipleOf`.
fn whole_step(value: &Value) -> Option<i128> {
    if let Some(step) = whole(value) {
        return Some(step).filter(|step| *step > 0);
    }
    let part = value.as_f64().filter(|part| *part > 0.0)?;
    let multiples = (1..=MAX_PARTS).map(|count| part * f64::from(count));
    let mut whole = multiples.filter(|multiple| multiple.fract() == 0.0);
    whole.next().map(|step| step as i128)
}

fn format_limits(format: &Value) -> Option<(i128, i128)> {
    Some(match format.as_str()? {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int64" | "int" => (i64::MIN.into(), i64::MAX.into()),
        "uint8" => (0, u8::MAX.into()),
        "uint16" => (0, u16::MAX.into()),
        "uint32" => (0, u32::MAX.into()),
        "uint64" | "uint" | "uint128" => (0, u64::MAX.into()),
        _ => return None,
    })
}
