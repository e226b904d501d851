//! What goes wrong on the way.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::*;

const Q4: &str = "owner/Poet-GGUF:Q4_K";

/// Whether what is there is the model.
fn is_whole(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes == model("poet-14m-q4_K.gguf"))
}

fn part(home: &Path) -> PathBuf {
    blobs(home).join(format!("{}.incomplete", sha256(&model("poet-14m-q4_K.gguf"))))
}

#[test]
fn broken_connections_and_busy_hosts_are_asked_again_from_where_they_ended() {
    let hub = poets();
    let home = tempfile::tempdir().expect("a folder");
    hub.state().busy = (2, 503);
    hub.state().cuts = vec![2_000_000, 1_000_000];
    let program = Program::new(&hub, home.path());
    let output = program.run(&["download", Q4]);
    assert!(is_whole(Path::new(out(&output).trim_end())));
    let ranges: Vec<_> = hub.downloads().into_iter().map(|request| request.range).collect();
    assert_eq!(ranges, [None, Some("bytes=1000000-".to_owned()), Some("bytes=3000000-".to_owned())]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("busy (status 503)") && told.contains("the connection broke off"), "{told}");
}

#[test]
fn a_killed_download_goes_on_where_it_was() {
    let hub = poets();
    let home = tempfile::tempdir().expect("a folder");
    hub.state().pace = Duration::from_millis(20);
    let program = Program::new(&hub, home.path());
    let mut child = program.command(&["chat", Q4, "-p", "x"]).stderr(Stdio::null()).spawn().expect("starts");
    let begun = Instant::now();
    let len = || std::fs::metadata(part(home.path())).map_or(0, |part| part.len());
    while len() < 1_000_000 {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing comes");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    let had = len();
    assert!(had < 8_000_000, "{had}");
    hub.requests();
    hub.state().pace = Duration::ZERO;
    assert!(is_whole(&program.download(Q4)));
    assert_eq!(hub.downloads()[0].range, Some(format!("bytes={had}-")));
    assert!(!part(home.path()).exists());
}

#[test]
fn a_silent_host_and_one_without_ranges_are_survived() {
    let hub = poets();
    let home = tempfile::tempdir().expect("a folder");
    hub.state().hangs = vec![500_000];
    hub.state().ignores_ranges = true;
    let program = Program::new(&hub, home.path());
    let output = program.with(&[("HF_HUB_DOWNLOAD_TIMEOUT", "1")]).run(&["download", Q4]);
    assert!(is_whole(Path::new(out(&output).trim_end())), "it began anew");
    assert!(String::from_utf8_lossy(&output.stderr).contains("sent nothing for a second"));
}

#[test]
fn what_was_damaged_is_deleted_and_said() {
    let hub = poets();
    let home = tempfile::tempdir().expect("a folder");
    hub.state().damages = true;
    let program = Program::new(&hub, home.path());
    let (right, told) = (sha256(&model("poet-14m-q4_K.gguf")), program.refusal(&["download", Q4]));
    assert!(told.contains("was damaged on the way and has been deleted") && told.contains(&right), "{told}");
    let chinese = program.with(&[("LC_ALL", "zh_CN.UTF-8")]).refusal(&["download", Q4]);
    assert!(chinese.contains("在传输中损坏，已删除"), "{chinese}");
    assert_eq!(std::fs::read_dir(blobs(home.path())).expect("blobs").count(), 0);
    assert!(!home.path().join("hub/models--owner--Poet-GGUF/snapshots").exists());

    // A damaged beginning that an earlier try left costs one more try.
    hub.state().damages = false;
    std::fs::write(part(home.path()), vec![7; 1_000_000]).expect("written");
    hub.requests();
    assert!(is_whole(&program.download(Q4)));
    let ranges: Vec<_> = hub.downloads().into_iter().map(|request| request.range).collect();
    assert_eq!(ranges, [Some("bytes=1000000-".to_owned()), None]);
}

#[test]
fn two_processes_receive_a_file_once() {
    let hub = poets();
    let home = tempfile::tempdir().expect("a folder");
    hub.state().pace = Duration::from_millis(10);
    let program = Program::new(&hub, home.path());
    let start = || {
        let mut command = program.command(&["download", Q4]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
    };
    let outputs = [start(), start()].map(|child| child.wait_with_output().expect("ends"));
    let paths = outputs.each_ref().map(out);
    assert!(is_whole(Path::new(paths[0].trim_end())) && paths[0] == paths[1]);
    assert_eq!(hub.downloads().len(), 1);
    let told = outputs.map(|output| String::from_utf8_lossy(&output.stderr).contains("another process is downloading"));
    assert_eq!(told.iter().filter(|told| **told).count(), 1);
}

#[test]
fn what_the_disk_has_no_room_for_is_not_begun() {
    let hub = poets();
    let home = tempfile::tempdir().expect("a folder");
    hub.state().told_size = Some(1 << 60);
    let told = Program::new(&hub, home.path()).refusal(&["download", Q4]);
    assert!(told.contains("needs 1152921504.61 GB"), "{told}");
    assert!(hub.downloads().is_empty());
}
