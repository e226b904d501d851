//! What every device promises.

use crate::gpu::{Arg, Buffer, Event, Graph, Launch, emulated};

#[test]
fn what_is_written_is_read_and_copied() {
    let gpu = emulated();
    let one = Buffer::of(&gpu, &[1.0f32, 2.0, 3.0]).expect("room");
    let two = Buffer::new(&gpu, 12).expect("room");
    gpu.copy(one.at(4), two.address(), 8).expect("copied");
    gpu.fill(two.at(8), 0, 4).expect("filled");
    assert_eq!(two.read::<f32>(3).expect("read"), [2.0, 3.0, 0.0]);
    assert!(one.read::<f32>(4).is_err() && one.write(8, &[0; 5]).is_err());
}

#[test]
fn empty_work_is_none() {
    let gpu = emulated();
    let nothing = Buffer::new(&gpu, 0).expect("no memory is needed");
    assert_eq!((nothing.address().0, nothing.read::<u32>(0).expect("nothing")), (0, vec![]));
    nothing.write(0, &[]).expect("nothing");
    nothing.fill(0).expect("nothing");
    gpu.copy(nothing.address(), nothing.address(), 0).expect("nothing");
    gpu.launch("no such kernel", Launch::line(0, 32), &[]).expect("nothing");
}

#[test]
fn a_launch_beyond_all_devices_names_its_kernel() {
    let gpu = emulated();
    for launch in [Launch::line(1, 2048), Launch { grid: [1, 70000, 1], ..Launch::line(1, 32) }] {
        let error = gpu.launch("rms_norm", launch, &[]).expect_err("too large").to_string();
        assert!(error.contains("rms_norm"), "{error}");
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn recorded_work_is_done_when_it_is_replayed_and_not_before() {
    let gpu = emulated();
    let (x, rows) = (Buffer::of(&gpu, &[1.0f32, 2.0]).expect("room"), Buffer::of(&gpu, &[1u32]).expect("room"));
    let out = Buffer::of(&gpu, &[0.0f32]).expect("room");
    let args = [out.address().into(), x.address().into(), rows.address().into(), Arg::I32(1)];
    let graph = Graph::record(&gpu, || gpu.launch("gather_rows", Launch::line(1, 32), &args)).expect("recorded");
    assert_eq!(out.read::<f32>(1).expect("read"), [0.0]);
    let begin = Event::now(&gpu).expect("marked");
    graph.replay().expect("done");
    assert!(Event::now(&gpu).expect("marked").since(&begin).expect("passed") >= 0.0);
    assert_eq!(out.read::<f32>(1).expect("read"), [2.0]);
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn a_kernel_that_fails_is_named() {
    let gpu = emulated();
    let error = gpu.launch("rms_norm", Launch::line(1, 32), &[]).expect_err("no arguments").to_string();
    assert!(error.contains("rms_norm") && error.contains("arguments"), "{error}");
}
