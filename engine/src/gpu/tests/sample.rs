//! The sampling kernel against the processor's sampler, over settings, vocabularies and whole answers.

use std::sync::Arc;

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::gpu::{Buffer, DeviceSampler, Gpu, Sampled, emulated};
use crate::sample::{Sampler, Sampling};

fn logits(rng: &mut ChaCha12Rng, vocabulary: usize, spread: f32) -> Vec<f32> {
    (0..vocabulary).map(|_| rng.random_range(-spread..spread)).collect()
}

/// Samples rows on the device, and gives back the logits as they are afterwards.
fn sample(gpu: &Arc<dyn Gpu>, samplers: &[Option<&Sampler>], rows: &[Vec<f32>]) -> (Vec<Sampled>, Vec<f32>) {
    let vocabulary = rows[0].len();
    let sampler = DeviceSampler::new(gpu, rows.len() + 1, vocabulary).expect("room");
    let draws: Vec<_> = samplers.iter().map(|s| s.map(|s| s.draw_elsewhere(vocabulary))).collect();
    let on = Buffer::of(gpu, &rows.concat()).expect("room");
    sampler.prepare(&draws).expect("prepared");
    sampler.launch(on.address(), rows.len()).expect("runs");
    (sampler.read(rows.len()).expect("read"), on.read(rows.len() * vocabulary).expect("read"))
}

/// Settings of every kind that the kernel decides by itself.
fn kinds() -> Vec<Sampling> {
    let plain = Sampling { temperature: 1.0, top_k: 0, top_p: 1.0, repetition_penalty: 1.0, ..Sampling::default() };
    vec![
        Sampling::greedy(),
        Sampling { repetition_penalty: 1.3, frequency_penalty: 0.7, presence_penalty: -0.4, ..Sampling::greedy() },
        Sampling::default(),
        Sampling { top_k: 1, ..plain.clone() },
        Sampling { top_k: 7, temperature: 0.8, ..plain.clone() },
        Sampling { top_k: 300, top_p: 0.95, temperature: 1.5, ..plain.clone() },
        Sampling { top_k: 40, min_p: 0.2, frequency_penalty: 0.3, ..plain.clone() },
        Sampling { top_p: 0.5, ..plain.clone() },
        Sampling { min_p: 0.05, repetition_penalty: 0.7, ..plain.clone() },
        plain,
    ]
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn whole_answers_are_those_of_the_processors_sampler() {
    let gpu = emulated();
    let mut rng = ChaCha12Rng::seed_from_u64(3);
    let mut left = 0;
    for vocabulary in [5, 1000, 1500, 6400] {
        let prompt: Vec<u32> = (0..40).map(|_| rng.random_range(0..vocabulary as u32)).collect();
        let mut pairs: Vec<(Sampler, Sampler)> = kinds()
            .into_iter()
            .zip(0..)
            .map(|(settings, seed)| Sampler::new(Sampling { seed: Some(seed), ..settings }, &prompt))
            .map(|sampler| (sampler.clone(), sampler))
            .collect();
        for _ in 0..4 {
            let rows: Vec<Vec<f32>> = pairs.iter().map(|_| logits(&mut rng, vocabulary, 12.0)).collect();
            let samplers: Vec<_> = pairs.iter().map(|(_, theirs)| Some(theirs)).collect();
            let (found, after) = sample(&gpu, &samplers, &rows);
            for (i, ((ours, theirs), row)) in pairs.iter_mut().zip(&rows).enumerate() {
                let wanted = ours.choose(row).expect("finite").token;
                let settings = &kinds()[i];
                let keeps_all = settings.top_k == 0 && settings.top_p == 1.0 && settings.min_p == 0.0;
                if found[i] == Sampled::Logits && keeps_all && settings.temperature > 0.0 {
                    // Far down a list of which nothing is cut off: the processor's, with the logits as they were.
                    assert_eq!(after[i * vocabulary..][..vocabulary], row[..]);
                    left += 1;
                } else {
                    assert_eq!(found[i], Sampled::Token(wanted), "row {i} of {vocabulary}: {settings:?}");
                }
                theirs.chosen_elsewhere(wanted);
            }
        }
    }
    assert!(left <= 4, "{left} of 16 rows were left to the processor");
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn of_equals_the_first_is_taken_and_zero_is_above_minus_zero() {
    let gpu = emulated();
    let greedy = Sampler::new(Sampling::greedy(), &[]);
    let mut row = vec![-1.0f32; 3000];
    (row[1700], row[1100], row[2900]) = (2.0, 2.0, 2.0);
    let zeros = vec![-0.0f32, 0.0, -0.0, 0.0];
    assert_eq!(sample(&gpu, &[Some(&greedy)], &[row]).0, [Sampled::Token(1100)]);
    assert_eq!(sample(&gpu, &[Some(&greedy)], &[zeros]).0, [Sampled::Token(1)]);
    // All alike: the order is that of the ids, and the draw goes by it.
    let drawn = Sampler::new(Sampling { top_k: 20, seed: Some(5), ..Sampling::default() }, &[]);
    let flat = vec![1.5f32; 2500];
    let wanted = drawn.clone().choose(&flat).expect("finite").token;
    assert_eq!(sample(&gpu, &[Some(&drawn)], &[flat]).0, [Sampled::Token(wanted)]);
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn what_is_not_finite_is_named_as_the_processor_names_it() {
    let gpu = emulated();
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for settings in [Sampling::greedy(), Sampling::default()] {
            let mut sampler = Sampler::new(settings, &[1]);
            let mut row = vec![0.25f32; 2100];
            (row[1300], row[2050]) = (bad, f32::NAN);
            let (found, _) = sample(&gpu, &[Some(&sampler)], &[row.clone()]);
            let wanted = sampler.choose(&row).expect_err("not finite");
            let Sampled::NotFinite(found) = found[0] else { panic!("{found:?}") };
            assert_eq!(found.to_string(), wanted.to_string());
        }
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn what_the_device_cannot_decide_comes_back_untouched() {
    let gpu = emulated();
    let mut rng = ChaCha12Rng::seed_from_u64(4);
    // Flat: what is likeliest of 6,000 does not reach 0.9, and more than the kernel sorts would be kept.
    let flat = logits(&mut rng, 6000, 0.01);
    let wide = Sampling { temperature: 1.0, top_k: 0, top_p: 0.9, repetition_penalty: 1.7, ..Sampling::default() };
    let (wide, greedy) = (Sampler::new(wide, &[3, 4, 5]), Sampler::new(Sampling::greedy(), &[]));
    let other = logits(&mut rng, 6000, 5.0);
    let rows = [flat.clone(), other.clone(), other.clone()];
    let (found, after) = sample(&gpu, &[Some(&wide), None, Some(&greedy)], &rows);
    assert_eq!(found[..2], [Sampled::Logits, Sampled::Logits]);
    assert!(matches!(found[2], Sampled::Token(_)));
    assert_eq!(after[..6000], flat, "penalties are undone");
    assert_eq!(after[6000..12000], other);
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn more_penalties_than_there_is_room_for_are_the_processors() {
    let gpu = emulated();
    let prompt: Vec<u32> = (0..5000).collect();
    let sampler = Sampler::new(Sampling { repetition_penalty: 1.2, ..Sampling::greedy() }, &prompt);
    let greedy = Sampler::new(Sampling::greedy(), &[]);
    let mut row = vec![0.0f32; 6000];
    row[77] = 3.0;
    // Three rows and one to spare, so room for four times 2,048 penalties: the second long list does not fit.
    let (found, _) = sample(&gpu, &[Some(&sampler), Some(&sampler), Some(&greedy)], &[row.clone(), row.clone(), row]);
    assert_eq!(found, [Sampled::Token(77), Sampled::Logits, Sampled::Token(77)]);
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn logits_that_no_token_has_are_left_out() {
    let gpu = emulated();
    let greedy = Sampler::new(Sampling::greedy(), &[]);
    let sampler = DeviceSampler::new(&gpu, 2, 100).expect("room");
    let mut rows = vec![0.0f32; 200];
    (rows[60], rows[90], rows[95], rows[130]) = (1.0, 9.0, f32::NAN, 2.0);
    let on = Buffer::of(&gpu, &rows).expect("room");
    sampler.prepare(&[Some(greedy.draw_elsewhere(80)), Some(greedy.draw_elsewhere(100))]).expect("prepared");
    sampler.launch(on.address(), 2).expect("runs");
    assert_eq!(sampler.read(2).expect("read"), [Sampled::Token(60), Sampled::Token(30)]);
}
