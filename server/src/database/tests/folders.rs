//! Folders that are taken, stale, too deep, too full or of another version.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::i18n::Locale;

#[test]
fn of_two_arenas_at_once_on_one_folder_one_starts_and_one_is_told_why_not() {
    let folder = data_dir();
    let starts: Vec<_> = (0..2)
        .map(|_| {
            let folder = folder.path().to_owned();
            std::thread::spawn(move || start(&folder))
        })
        .collect();
    let mut results: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
    results.sort_by_key(Result::is_err);
    let error = results.pop().unwrap().unwrap_err();
    assert!(matches!(error, DatabaseError::Busy { .. }), "{error}");
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    assert!(error.message().text(Locale::Zh).contains("--data"), "{}", error.message().text(Locale::Zh));
    let server = results.pop().unwrap().expect("one of the two starts");
    server.stop().unwrap();
    start(folder.path()).unwrap().stop().unwrap();
}

#[test]
fn a_pid_file_whose_number_now_belongs_to_another_process_is_cleared_away() {
    let folder = data_dir();
    start(folder.path()).unwrap().stop().unwrap();
    let cluster = folder.path().join("postgres");
    let run = folder.path().join("run");
    let stale = format!(
        "{}\n{}\n1700000000\n5432\n{}\n\n  12345         1\nready   \n",
        std::process::id(),
        cluster.display(),
        run.display()
    );
    fs::write(cluster.join("postmaster.pid"), stale).unwrap();
    fs::write(run.join(".s.PGSQL.5432.lock"), std::process::id().to_string()).unwrap();
    start(folder.path()).unwrap().stop().unwrap();
}

#[test]
fn a_half_made_cluster_is_made_anew() {
    let folder = data_dir();
    fs::create_dir(folder.path().join("postgres.new-1")).unwrap();
    fs::write(folder.path().join("postgres.new-1/half"), "x").unwrap();
    start(folder.path()).unwrap().stop().unwrap();
    assert!(!folder.path().join("postgres.new-1").exists());
}

#[test]
fn a_folder_of_another_major_version_is_refused_by_name_and_left_alone() {
    let folder = data_dir();
    start(folder.path()).unwrap().stop().unwrap();
    fs::write(folder.path().join("postgres/PG_VERSION"), "11\n").unwrap();
    let search = Search { obtain: Vec::new(), ..Search::from_environment() };
    let error = Server::start(folder.path(), &search, Durability::Full, &quiet()).unwrap_err();
    assert!(matches!(error, DatabaseError::OtherVersion { version: 11, .. }), "{error}");
    assert!(error.to_string().contains("`postgresql-11`"), "{error}");
}

#[test]
fn a_socket_path_that_would_be_too_long_goes_elsewhere_and_stays_private() {
    let folder = data_dir();
    let deep = folder.path().join("目录".repeat(20));
    fs::create_dir(&deep).unwrap();
    fs::set_permissions(&deep, fs::Permissions::from_mode(0o711)).unwrap();
    let server = start(&deep).unwrap();
    let run = server.options().get_socket().unwrap().clone();
    assert!(!run.starts_with(&deep));
    assert_eq!(fs::metadata(&run).unwrap().permissions().mode() & 0o777, 0o700);
    server.stop().unwrap();
    fs::remove_dir_all(run).unwrap();
}

#[test]
fn a_folder_in_the_way_of_the_socket_that_others_may_enter_is_refused() {
    let folder = data_dir();
    fs::create_dir(folder.path().join("run")).unwrap();
    fs::set_permissions(folder.path().join("run"), fs::Permissions::from_mode(0o777)).unwrap();
    let error = start(folder.path()).unwrap_err();
    assert!(matches!(error, DatabaseError::NotWritable { .. }), "{error}");
}

#[test]
fn a_place_where_no_folder_can_be_made_is_named() {
    let folder = data_dir();
    fs::write(folder.path().join("file"), "").unwrap();
    let error = start(&folder.path().join("file/data")).unwrap_err();
    assert!(error.to_string().contains("file/data"), "{error}");
    let error = start(Path::new("/proc/arena")).unwrap_err();
    assert!(error.to_string().contains("/proc/arena"), "{error}");
}

#[test]
fn a_full_disk_is_named_as_such() {
    let folder = data_dir();
    let bin = data_dir();
    for (name, script) in [
        ("postgres", "echo 'postgres (PostgreSQL) 17.1'"),
        ("initdb", "echo 'initdb: error: could not write: No space left on device' >&2; exit 1"),
    ] {
        write_script(&bin.path().join(name), script);
    }
    let bin_dir = Some(bin.path().to_owned());
    let search = Search { bin_dir, ..Search::from_environment() };
    let error = Server::start(folder.path(), &search, Durability::Full, &quiet()).unwrap_err();
    assert!(matches!(error, DatabaseError::DiskFull { .. }), "{error}");
    assert!(!folder.path().join("postgres").exists(), "nothing half made stays");
}
