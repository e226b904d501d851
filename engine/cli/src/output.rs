//! The standard output. A reader that has gone, as `head` goes, ends the program without a word.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write as _, stdout};

/// `println!` for an output that may be closed.
macro_rules! say {
    ($($text:tt)*) => { $crate::output::write(format_args!($($text)*), true) };
}

/// `print!`, likewise.
macro_rules! say_on {
    ($($text:tt)*) => { $crate::output::write(format_args!($($text)*), false) };
}

pub fn write(text: Arguments<'_>, line: bool) {
    let mut out = stdout().lock();
    let written = out.write_fmt(text).and_then(|()| if line { out.write_all(b"\n") } else { out.flush() });
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
