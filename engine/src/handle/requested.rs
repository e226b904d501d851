//! Chat templates that come with requests: the same weights answer with several. Each is compiled once and kept, as that of a
//! model's file, and within the same bounds.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Crash;
use crate::text::{ChatTemplate, CompileTemplate, TemplateError};

/// So many are kept; each may be a process of its own. The one that was asked for longest ago goes first.
const MAX_KEPT: usize = 16;
/// So often may one come to a bad end until it is refused at once: each time costs seconds.
const MAX_CRASHES: u32 = 2;

/// The templates of requests.
pub(super) struct RequestedTemplates {
    compile: CompileTemplate,
    /// The one asked for last is the last.
    kept: Mutex<Vec<Kept>>,
}

struct Kept {
    source: Arc<str>,
    template: Arc<ChatTemplate>,
    crashes: u32,
}

impl RequestedTemplates {
    pub(super) fn new(compile: CompileTemplate) -> Self {
        Self { compile, kept: Mutex::default() }
    }

    /// The template of this text, compiled now or before.
    ///
    /// # Errors
    /// It does not parse, or it came to a bad end too often.
    pub(super) fn get(&self, source: &Arc<str>) -> Result<Arc<ChatTemplate>, TemplateError> {
        if let Some(found) = self.used(source)? {
            return Ok(found);
        }
        // Elsewhere, and without the lock: others are not to wait for it.
        let template = Arc::new(ChatTemplate::with(Some(source), &self.compile)?);
        let mut kept = self.lock();
        if kept.iter().all(|one| one.source != *source) {
            kept.push(Kept { source: Arc::clone(source), template: Arc::clone(&template), crashes: 0 });
            if kept.len() > MAX_KEPT {
                kept.remove(0);
            }
        }
        Ok(template)
    }

    fn used(&self, source: &Arc<str>) -> Result<Option<Arc<ChatTemplate>>, TemplateError> {
        let mut kept = self.lock();
        let Some(at) = kept.iter().position(|one| one.source == *source) else { return Ok(None) };
        let one = kept.remove(at);
        let template = Arc::clone(&one.template);
        let crashes = one.crashes;
        kept.push(one);
        match crashes {
            MAX_CRASHES.. => Err(TemplateError::Render(format!("it came to a bad end {crashes} times"))),
            _ => Ok(Some(template)),
        }
    }

    /// Counts a bad end against a template, and not against the model that it was to be used with.
    pub(super) fn charge(&self, source: &Arc<str>, how: &Crash) {
        let mut kept = self.lock();
        if let Some(one) = kept.iter_mut().find(|one| one.source == *source) {
            one.crashes += 1;
            tracing::warn!(%how, times = one.crashes, "the chat template of a request crashed");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        // Only the list's own code runs under this lock.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::text::LocalTemplate;

    #[test]
    fn a_template_is_compiled_once_and_the_oldest_goes_first() {
        let compiled = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&compiled);
        let templates = RequestedTemplates::new(Arc::new(move |text| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(LocalTemplate::compile(text)?))
        }));
        let text = |n: usize| Arc::<str>::from(format!("{n} {{{{ messages[0].content }}}}"));
        for _ in 0..3 {
            templates.get(&text(0)).unwrap();
        }
        assert_eq!(compiled.load(Ordering::Relaxed), 1);
        for n in 1..=MAX_KEPT {
            templates.get(&text(n)).unwrap();
        }
        templates.get(&text(MAX_KEPT)).unwrap();
        assert_eq!((templates.lock().len(), compiled.load(Ordering::Relaxed)), (MAX_KEPT, MAX_KEPT + 1));
        templates.get(&text(0)).unwrap();
        assert_eq!(compiled.load(Ordering::Relaxed), MAX_KEPT + 2, "the first was gone");
    }

    #[test]
    fn one_that_does_not_parse_is_refused_and_one_that_crashes_is_refused_at_once_after_the_second_time() {
        let templates = RequestedTemplates::new(ChatTemplate::local());
        assert!(matches!(templates.get(&"{% for m in messages %}".into()), Err(TemplateError::Source(_))));
        let source: Arc<str> = "{{ messages[0].content }}".into();
        for _ in 0..MAX_CRASHES {
            templates.get(&source).unwrap();
            templates.charge(&source, &Crash::Memory);
        }
        assert!(matches!(templates.get(&source), Err(TemplateError::Render(_))));
        assert!(templates.get(&"{{ messages[0].content }}!".into()).is_ok(), "others are as good as before");
    }
}
