//! A heat map of depth by context length.

use super::{escaped, tokens};

const LEFT: f64 = 76.0;
const TOP: f64 = 40.0;
const CELL: [f64; 2] = [64.0, 34.0];
const WIDTH: f64 = 560.0;

/// Draws shares from 0 to 1: a row for each depth (in percent), a column for each length; `share(row, column)`, nothing where it
/// is not known.
pub fn heat_map(
    depths: &[u32],
    lengths: &[usize],
    title: &str,
    axes: [&str; 2],
    share: impl Fn(usize, usize) -> Option<f64>,
) -> String {
    // Wide enough for the title, however few columns there are.
    let width = (LEFT + CELL[0] * lengths.len() as f64 + 16.0).max(WIDTH);
    let height = TOP + CELL[1] * depths.len() as f64 + 56.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>{0}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"24\" font-size=\"14\">{0}</text>\n",
        escaped(title)
    );
    for (row, depth) in depths.iter().enumerate() {
        let y = TOP + CELL[1] * row as f64;
        svg.push_str(&format!(
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{depth}%</text>\n",
            LEFT - 8.0,
            y + 21.0
        ));
        for column in 0..lengths.len() {
            let x = LEFT + CELL[0] * column as f64;
            let found = share(row, column);
            let label = found.map_or("–".to_owned(), |share| format!("{:.0}", 100.0 * share));
            svg.push_str(&format!(
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{}\" height=\"{}\" fill=\"{}\" stroke=\"#fff\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>\n",
                CELL[0],
                CELL[1],
                found.map_or("#eeeeee".to_owned(), colour),
                x + CELL[0] / 2.0,
                y + 21.0
            ));
        }
    }
    let bottom = TOP + CELL[1] * depths.len() as f64;
    for (column, length) in lengths.iter().enumerate() {
        let x = LEFT + CELL[0] * (column as f64 + 0.5);
        svg.push_str(&format!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
            bottom + 18.0,
            tokens(*length)
        ));
    }
    let (across, down) = (LEFT + CELL[0] * lengths.len() as f64 / 2.0, TOP + CELL[1] * depths.len() as f64 / 2.0);
    svg.push_str(&format!(
        "<text x=\"{across:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n\
         <text transform=\"translate(16 {down:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n</svg>\n",
        bottom + 42.0,
        escaped(axes[0]),
        escaped(axes[1])
    ));
    svg
}

/// From red over yellow to green, light enough for black figures; who does not tell them apart reads the figures.
fn colour(share: f64) -> String {
    let ends = [[240.0, 130.0, 120.0], [250.0, 225.0, 130.0], [125.0, 205.0, 135.0]];
    let at = share.clamp(0.0, 1.0) * 2.0;
    let from = usize::from(at >= 1.0);
    let part = at - from as f64;
    let mix = |channel: usize| ends[from][channel] + (ends[from + 1][channel] - ends[from][channel]) * part;
    format!("#{:02x}{:02x}{:02x}", mix(0).round() as u8, mix(1).round() as u8, mix(2).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_its_figure_and_colour() {
        let share = |row: usize, column: usize| [[Some(1.0), Some(0.0)], [None, Some(0.5)]][row][column];
        let svg = heat_map(&[0, 50], &[1024, 3000], "needle", ["tokens", "depth"], share);
        for part in
            ["#7dcd87", "#f08278", "#eeeeee", "#fae182", ">100<", ">0<", ">–<", ">50<", ">1K<", ">3000<", ">50%<"]
        {
            assert!(svg.contains(part), "{part} is not in {svg}");
        }
        assert_eq!(svg.matches("stroke=\"#fff\"").count(), 4);
    }
}
