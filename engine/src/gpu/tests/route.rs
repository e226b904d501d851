//! Routing on the device against the processor's assignments.

use crate::gpu::emulated;
use crate::gpu::model::routed;
use crate::ops::ExpertAssignments;

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn tokens_go_where_the_processor_sends_them_few_or_many_also_without_numbers() {
    let gpu = emulated();
    for (tokens, experts, top) in [(1, 8, 2), (5, 8, 2), (40, 8, 2), (3, 1, 1), (129, 8, 2), (300, 5, 3), (16, 64, 6)] {
        let mut logits: Vec<f32> = (0..tokens * experts).map(|i| ((i * 7919 % 1009) as f32 - 500.0) / 200.0).collect();
        // Equals, and what is no number: the first of equals wins, and a NaN stands above all.
        logits[0] = logits[experts - 1];
        if tokens > 4 {
            logits[experts..2 * experts].fill(0.25);
            logits[3 * experts] = f32::NAN;
            logits[4 * experts] = -0.0;
        }
        let wanted = ExpertAssignments::new(&logits, experts, top);
        let found = routed(&gpu, &logits, tokens, experts, top).expect("routed");
        let mut offsets = vec![0; experts + 1];
        let mut active = Vec::new();
        for (expert, range) in wanted.active() {
            active.push(expert as i32);
            offsets[expert + 1..].fill(range.end as i32);
        }
        active.resize(experts, -1);
        let what = format!("{tokens} tokens, {experts} experts, {top} each");
        assert_eq!((found.offsets, found.active), (offsets, active), "{what}");
        // The processor's places hold tokens in order, as ours hold assignments.
        let places: Vec<u32> = found.sorted.iter().map(|a| *a as u32 / top as u32).collect();
        assert_eq!(places, wanted.tokens(), "{what}");
        for (place, assignment) in found.sorted.iter().enumerate() {
            let (ours, theirs) = (found.shares[*assignment as usize], wanted.weights()[place]);
            assert!((ours - theirs).abs() < 1e-6 || (ours.is_nan() && theirs.is_nan()), "{what}: {ours} and {theirs}");
        }
    }
}
