//! The norm kernel against the formula.

use crate::gpu::{Arg, Buffer, Launch, emulated};

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn norms_are_those_of_the_formula() {
    let gpu = emulated();
    for (rows, cols) in [(1usize, 32usize), (3, 100), (2, 4096)] {
        let x: Vec<f32> = (0..rows * cols).map(|i| ((i * 37 % 101) as f32 - 50.0) / 17.0).collect();
        let weight: Vec<f32> = (0..cols).map(|i| 0.5 + (i % 7) as f32 / 7.0).collect();
        let (on, weights) = (Buffer::of(&gpu, &x).expect("room"), Buffer::of(&gpu, &weight).expect("room"));
        let out = Buffer::new(&gpu, 4 * x.len()).expect("room");
        let args = [
            out.address().into(),
            on.address().into(),
            weights.address().into(),
            Arg::I32(cols as i32),
            Arg::F32(1e-5),
        ];
        gpu.launch("rms_norm", Launch::line(rows as u32, 256), &args).expect("runs");
        let out = out.read::<f32>(rows * cols).expect("read");
        for (x, out) in x.chunks(cols).zip(out.chunks(cols)) {
            let mean = x.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / cols as f64;
            let scale = 1.0 / (mean + 1e-5).sqrt();
            for ((x, w), out) in x.iter().zip(&weight).zip(out) {
                let wanted = f64::from(*x) * scale * f64::from(*w);
                assert!((wanted - f64::from(*out)).abs() < 1e-5, "{out} should be {wanted}");
            }
        }
    }
}
