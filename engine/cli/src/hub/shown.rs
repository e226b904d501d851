//! How a download goes: a bar with bytes, speed and what is left, where there is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use mixtral_hub::Event;

use crate::i18n::{Language, hub};

const BAR: &str = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";

pub struct Shown {
    language: Language,
    bar: Option<ProgressBar>,
}

impl Shown {
    pub fn new(language: Language) -> Self {
        Self { language, bar: None }
    }

    pub fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Progress { file, done, all } => {
                let bar = self.bar.get_or_insert_with(|| {
                    let bar = ProgressBar::new(*all);
                    if let Ok(style) = ProgressStyle::with_template(BAR) {
                        bar.set_style(style);
                    }
                    bar.set_message((*file).to_owned());
                    // What earlier tries brought is no speed.
                    bar.set_position(*done);
                    bar.reset_eta();
                    bar
                });
                if bar.message() != *file {
                    bar.set_message((*file).to_owned());
                }
                bar.set_position(*done);
            }
            Event::Waiting { file } => self.tell(&t!(self.language, "hub-waiting", file = *file)),
            Event::Retry { error, after } => {
                let (what, seconds) = (hub(error, self.language), format!("{:.1}", after.as_secs_f64()));
                self.tell(&t!(self.language, "hub-retry", what = what, seconds = seconds));
            }
            Event::Cached { error } => {
                self.tell(&t!(self.language, "hub-cached", what = hub(error, self.language)));
            }
        }
    }

    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// A line above the bar.
    fn tell(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }
}
