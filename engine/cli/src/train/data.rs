//! The training files as the terminal sees them: read under a bar, with what they held.

use std::path::PathBuf;

use mixtral_train::data::{Counts, Data, Reader, training_files};

use crate::i18n::Language;
use crate::progress::shown;

/// Reads files and folders, and says what was in them.
pub fn read(reader: &Reader, paths: &[PathBuf], language: Language) -> anyhow::Result<Data> {
    let files = training_files(paths)?;
    let (data, counts) = shown("{wide_bar} {bytes}/{total_bytes} {eta}", |progress| reader.read_all(&files, progress))?;
    eprintln!("{}", told(&counts, reader.context, language));
    Ok(data)
}

/// What was read, and what of it was cut or left out.
fn told(counts: &Counts, context: usize, language: Language) -> String {
    let Counts { files, examples, cut, too_long, same, tokens } = *counts;
    let mut parts = vec![
        t!(language, "train-read-files", files = files),
        t!(language, "train-read-examples", examples = examples, tokens = tokens),
    ];
    if cut > 0 {
        parts.push(t!(language, "train-read-cut", count = cut, context = context));
    }
    if too_long > 0 {
        parts.push(t!(language, "train-read-too-long", count = too_long));
    }
    if same > 0 {
        parts.push(t!(language, "train-read-same", count = same));
    }
    parts.join(&t!(language, "list-separator"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_said_with_what_was_left_out() {
        let counts = Counts { files: 3, examples: 12_345, cut: 0, too_long: 2, same: 0, tokens: 1_000_000 };
        let english = told(&counts, 1024, Language::English);
        assert_eq!(english, "3 files, 12,345 examples of 1,000,000 tokens, 2 skipped (prompt too long)");
        let chinese = told(&Counts { cut: 1, same: 4, ..counts }, 1024, Language::Chinese);
        assert!(
            chinese.contains("12,345 条") && chinese.contains("1,024") && chinese.contains("跳过 4 条"),
            "{chinese}"
        );
    }
}
