//! The loss curve as an SVG picture.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 44.0;
const TOP: f64 = 16.0;

/// Draws training and validation losses over the steps.
pub fn loss_curve(training: &[(u64, f64)], validation: &[(u64, f64)]) -> String {
    let all = || training.iter().chain(validation);
    let last = all().map(|p| p.0).max().unwrap_or(1).max(1) as f64;
    let high = all().map(|p| p.1).fold(f64::MIN, f64::max);
    let low = all().map(|p| p.1).fold(f64::MAX, f64::min);
    let (low, high) = if low < high {
        let step = spacing(high - low);
        ((low / step).floor() * step, (high / step).ceil() * step)
    } else {
        (0.0, 1.0)
    };
    let x = |step: u64| LEFT + step as f64 / last * (WIDTH - LEFT - 16.0);
    let y = |loss: f64| TOP + (high - loss) / (high - low) * (HEIGHT - TOP - BOTTOM);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>Loss 损失</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
    );
    let mut line = |text: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let _ = writeln!(svg, "{text}");
    };
    let step = spacing(high - low);
    for tick in 0..=((high - low) / step).round() as u32 {
        let loss = low + step * f64::from(tick);
        let at = y(loss);
        line(format_args!("<path d=\"M{LEFT} {at:.1}H{:.1}\" stroke=\"#ddd\"/>", WIDTH - 16.0));
        line(format_args!("<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{loss:.2}</text>", LEFT - 6.0, at + 4.0));
    }
    for tick in 0..=4u64 {
        let step = (last as u64) * tick / 4;
        line(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{step}</text>",
            x(step),
            HEIGHT - 22.0
        ));
    }
    line(format_args!(
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">step 步</text>",
        (LEFT + WIDTH) / 2.0,
        HEIGHT - 6.0
    ));
    let middle = (TOP + HEIGHT - BOTTOM) / 2.0;
    line(format_args!(
        "<text transform=\"translate(14 {middle:.1}) rotate(-90)\" text-anchor=\"middle\">loss 损失</text>"
    ));
    for (points, colour, name, row) in
        [(training, "#8ab4d8", "training 训练", 0.0), (validation, "#b03a2e", "validation 检验", 1.0)]
    {
        if points.is_empty() {
            continue;
        }
        let path: Vec<String> = points.iter().map(|&(s, l)| format!("{:.1} {:.1}", x(s), y(l))).collect();
        line(format_args!("<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>", path.join("L")));
        let at = TOP + 14.0 + row * 16.0;
        line(format_args!(
            "<text x=\"{:.1}\" y=\"{at}\" text-anchor=\"end\" fill=\"{colour}\">{name}</text>",
            WIDTH - 24.0
        ));
    }
    svg.push_str("</svg>\n");
    svg
}

/// The distance between lines, so that there are from four to ten: 1, 2 or 5 times a power of ten.
fn spacing(range: f64) -> f64 {
    let power = 10f64.powf((range / 10.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| range / step <= 10.0).unwrap_or(range)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_curve_goes_through_its_points() {
        let svg = super::loss_curve(&[(0, 4.0), (100, 2.0)], &[(100, 3.0)]);
        assert!(svg.contains("M64.0 16.0L704.0 316.0"), "{svg}");
        for text in ["4.00", "2.00", "3.00", "step 步", "loss 损失", "training 训练", "validation 检验"] {
            assert!(svg.contains(text), "{text}");
        }
        assert!(svg.ends_with("</svg>\n"));
        assert!(super::loss_curve(&[], &[]).contains("</svg>"));
        assert!(super::loss_curve(&[(1, 2.5), (2, 2.5)], &[]).contains("</svg>"));
    }

    #[test]
    fn lines_stand_at_round_numbers() {
        for (range, step) in [(2.0, 0.2), (10.0, 1.0), (11.0, 2.0), (0.3, 0.05), (45.0, 5.0)] {
            assert!((super::spacing(range) - step).abs() < 1e-9, "{range}: {}", super::spacing(range));
        }
    }
}
