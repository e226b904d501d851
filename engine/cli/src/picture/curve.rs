//! A curve over context lengths.

use super::{escaped, tokens};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 52.0;

/// Draws values over context lengths; lengths stand as far apart as their logarithms.
pub fn curve(points: &[(usize, f64)], title: &str, axis: &str) -> String {
    let log = |length: usize| (length.max(1) as f64).log2();
    let ends = |values: &dyn Fn(&(usize, f64)) -> f64| {
        let all = points.iter().map(values);
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    };
    let ((first, last), (low, high)) = (ends(&|point| log(point.0)), ends(&|point| point.1));
    let room = ((high - low) * 0.1).max(high.abs() * 0.02).max(1e-6);
    let (low, high) = (low - room, high + room);
    let part = |value: f64, from: f64, to: f64| if to > from { (value - from) / (to - from) } else { 0.5 };
    let x = |length: usize| LEFT + part(log(length), first, last) * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| HEIGHT - BOTTOM - part(value, low, high) * (HEIGHT - TOP - BOTTOM);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>{0}</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"14\">{0}</text>\n",
        escaped(title)
    );
    for tick in 0..=4u8 {
        let value = low + (high - low) * f64::from(tick) / 4.0;
        let at = y(value);
        svg.push_str(&format!("<path d=\"M{LEFT} {at:.1}H{:.1}\" stroke=\"#ddd\"/>\n", WIDTH - RIGHT));
        let label = LEFT - 6.0;
        svg.push_str(&format!("<text x=\"{label:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value:.2}</text>\n", at + 4.0));
    }
    let path: Vec<String> =
        points.iter().map(|(length, value)| format!("{:.1} {:.1}", x(*length), y(*value))).collect();
    svg.push_str(&format!("<path d=\"M{}\" fill=\"none\" stroke=\"#b03a2e\" stroke-width=\"2\"/>\n", path.join("L")));
    for (length, value) in points {
        let (at, height) = (x(*length), y(*value));
        svg.push_str(&format!(
            "<circle cx=\"{at:.1}\" cy=\"{height:.1}\" r=\"4\" fill=\"#b03a2e\"><title>{0}: {value:.4}</title></circle>\n\
             <text x=\"{at:.1}\" y=\"{1:.1}\" text-anchor=\"middle\">{0}</text>\n",
            tokens(*length),
            HEIGHT - BOTTOM + 18.0
        ));
    }
    let middle = (LEFT + WIDTH - RIGHT) / 2.0;
    svg.push_str(&format!(
        "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n</svg>\n",
        HEIGHT - 10.0,
        escaped(axis)
    ));
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_value_stands_lower_and_lengths_double_by_equal_steps() {
        let svg = curve(&[(1024, 9.0), (2048, 8.0), (4096, 8.5)], "a < b", "tokens");
        let at = |pattern: &str| -> Vec<f64> {
            let parts = svg.split(pattern).skip(1);
            parts.map(|part| part.split('"').next().and_then(|n| n.parse().ok()).expect("a number")).collect()
        };
        let (x, y) = (at("circle cx=\""), at("\" cy=\""));
        assert!((x[1] - x[0] - (x[2] - x[1])).abs() < 0.2, "{x:?}");
        assert!(y[0] < y[2] && y[2] < y[1], "{y:?}");
        assert!(svg.contains("a &lt; b") && svg.contains(">1K<") && svg.contains("2K: 8.0000"), "{svg}");
        assert!(curve(&[(512, 3.0)], "", "").contains(">512<"), "one point is a picture too");
    }
}
