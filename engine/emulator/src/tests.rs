//! The emulator's own promises.

use super::*;

fn shape(grid: u32, block: u32) -> Shape {
    Shape { grid: [grid, 1, 1], block: [block, 1, 1], shared: 0 }
}

fn run(name: &str, shape: Shape, arguments: &[&[u8]]) -> Result<(), String> {
    // SAFETY: the tests' buffers are as large as their kernels expect.
    unsafe { launch(name, shape, arguments) }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn warps_and_shared_memory_add_up_in_either_order_of_threads() {
    let mut memory = Memory::default();
    let (out, input) = (memory.allocate(3 * 4), memory.allocate(3 * 128 * 4));
    for (i, bytes) in (0u16..).zip(memory.bytes(input, 3 * 128 * 4).expect("a buffer").as_chunks_mut::<4>().0) {
        *bytes = f32::from(i).to_ne_bytes();
    }
    run("self_sum", shape(3, 128), &[&out.to_ne_bytes(), &input.to_ne_bytes()]).expect("runs");
    let sums: Vec<f32> =
        memory.bytes(out, 12).expect("a buffer").as_chunks::<4>().0.iter().map(|b| f32::from_ne_bytes(*b)).collect();
    assert_eq!(sums, [8128.0, 24512.0, 40896.0]);
    memory.check().expect("nothing else was written");
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn barriers_and_collectives_that_not_all_reach_are_errors_with_their_place() {
    let mut memory = Memory::default();
    let out = memory.allocate(64).to_ne_bytes();
    let wrong: [(&str, &[&[u8]], &str); 3] = [
        ("self_half_barrier", &[], "for threads that have ended"),
        ("self_two_barriers", &[], "another barrier"),
        ("self_half_warp", &[&out], "a collective of its warp"),
    ];
    for (name, arguments, words) in wrong {
        let error = run(name, shape(1, 32), arguments).expect_err(name);
        assert!(error.starts_with(name) && error.contains(words), "{error}");
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn writes_beside_a_buffer_and_wrong_arguments_are_told() {
    let mut memory = Memory::default();
    let out = memory.allocate(16);
    for (at, words) in [(4i32, "byte 0 behind"), (-1, "4 bytes before")] {
        let mut memory = Memory::default();
        let out = memory.allocate(16);
        run("self_write", shape(1, 32), &[&out.to_ne_bytes(), &at.to_ne_bytes()]).expect("runs");
        let error = memory.check().expect_err("written outside");
        assert!(error.contains(words), "{error}");
    }
    let error = run("self_write", shape(1, 32), &[&out.to_ne_bytes()]).expect_err("one missing");
    assert!(error.contains("takes 2 arguments"), "{error}");
    let error = run("self_write", shape(1, 32), &[&out.to_ne_bytes(), &[0; 8]]).expect_err("too long");
    assert!(error.contains("argument 1 has 4 bytes"), "{error}");
    assert!(run("nobody", shape(1, 32), &[]).expect_err("unknown").contains("no kernel"));
    assert!(memory.bytes(out, 17).is_err() && memory.bytes(out + 4, 12).is_ok());
    assert!(memory.release(out) && !memory.release(out) && memory.used() == 0);
}
