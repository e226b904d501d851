//! Reading.

use std::io::Write as _;
use std::path::Path;

use super::*;

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn ceval(folder: &Path) {
    write(
        folder,
        "data/val/law_val.csv",
        "\u{feff}id,question,A,B,C,D,answer\r\n0,\"甲,乙\n丙？\",一,二,三,四,B\r\n1,丁？,一,二,三,四,D\r\n",
    );
    write(folder, "data/test/law_test.csv", "id,question,A,B,C,D\n0,甲？,一,二,三,四\n");
    write(folder, "data/dev/law_dev.csv", "id,question,A,B,C,D,answer,explanation\n0,甲？,一,二,三,四,A,1. 因为。\n");
    write(folder, "data/val/.DS_Store", "x");
    write(folder, "README.md", "x");
}

#[test]
fn folders_and_zips_read_alike() {
    let folder = tempfile::tempdir().unwrap();
    ceval(folder.path());
    let zipped = folder.path().join("ceval.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&zipped).unwrap());
    for name in ["val/law_val.csv", "test/law_test.csv", "dev/law_dev.csv"] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&std::fs::read(folder.path().join("data").join(name)).unwrap()).unwrap();
    }
    zip.finish().unwrap();
    for path in [folder.path(), &zipped] {
        let data = Data::open(Benchmark::Ceval, path).unwrap();
        assert_eq!(data.subjects(Split::Val).unwrap(), ["law"]);
        let questions = data.questions("law", Split::Val).unwrap();
        assert_eq!((questions.len(), questions[0].text.as_str()), (2, "甲,乙\n丙？"));
        assert_eq!((questions[1].row, questions[1].answer), (1, Some(Letter::D)));
        assert_eq!(data.questions("law", Split::Test).unwrap()[0].answer, None);
        assert_eq!(data.questions("law", Split::Dev).unwrap()[0].explanation.as_deref(), Some("1. 因为。"));
    }
}

#[test]
fn the_other_benchmarks_have_their_own_columns() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "test/arts.csv", ",Question,A,B,C,D,Answer\n0,甲？,一,二,三,四,C\n");
    let data = Data::open(Benchmark::Cmmlu, folder.path()).unwrap();
    assert_eq!(data.questions("arts", Split::Test).unwrap()[0].answer, Some(Letter::C));
    write(folder.path(), "val/anatomy_val.csv", "\"What, then?\",a,b,c,d,B\nWhy?,a,b,c,d,A\n");
    let data = Data::open(Benchmark::Mmlu, folder.path()).unwrap();
    let questions = data.questions("anatomy", Split::Val).unwrap();
    assert_eq!((questions.len(), questions[0].text.as_str(), questions[1].answer), (2, "What, then?", Some(Letter::A)));
}

#[test]
fn what_is_wrong_is_named_by_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let head = "id,question,A,B,C,D,answer\n";
    for (subject, content, words) in [
        ("column", "id,question,A,B,C,answer\n0,甲,一,二,三,A\n".as_bytes().to_vec(), r#"no column "D""#),
        ("answer", format!("{head}0,甲,一,二,三,四,A\n1,乙,一,二,三,四,E\n").into_bytes(), "line 3: the answer"),
        ("fields", format!("{head}0,甲,一,二\n").into_bytes(), "line 2"),
        ("empty", head.as_bytes().to_vec(), "no questions"),
        ("encoding", [head.as_bytes(), b"0,\xbc\xd7,a,b,c,d,A\n"].concat(), "line 2 is not UTF-8"),
    ] {
        let name = format!("val/{subject}_val.csv");
        write(folder.path(), &name, content);
        let data = Data::open(Benchmark::Ceval, folder.path()).unwrap();
        let error = data.questions(subject, Split::Val).unwrap_err().to_string();
        assert!(error.contains(&name) && error.contains(words), "{error}");
    }
    let data = Data::open(Benchmark::Ceval, folder.path()).unwrap();
    assert!(data.subjects(Split::Test).unwrap_err().to_string().contains("\"test\""));
    assert!(data.questions("law", Split::Val).unwrap_err().to_string().contains("law"));
    assert!(Data::open(Benchmark::Ceval, Path::new("/nowhere.zip")).is_err());
}
