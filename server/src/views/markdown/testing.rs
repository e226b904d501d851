//! What a page's script makes of edits, for tests.

use serde_json::Value;

/// The blocks of a reader.
#[derive(Debug, Default, Clone)]
pub struct EditedBlocks {
    pub blocks: Vec<String>,
    open: usize,
}

impl EditedBlocks {
    /// Applies an edit as readers get it.
    pub fn take_json(&mut self, edit: &Value) {
        if let Some(html) = edit.as_str() {
            let last = self.blocks.last_mut().expect("a block to insert into");
            let tail = (0..self.open).fold(last.len(), |at, _| last[..at].rfind("</").expect("an open element"));
            last.insert_str(tail, html);
            return;
        }
        let number = |name: &str| edit[name].as_u64().map(|number| usize::try_from(number).expect("a number"));
        let from = number("from").expect("a place");
        assert!(from <= self.blocks.len(), "no hole");
        let kept = number("cut").map(|cut| {
            let units: Vec<u16> = self.blocks[from].encode_utf16().collect();
            String::from_utf16(&units[..units.len() - cut]).expect("whole characters")
        });
        self.blocks.truncate(from);
        let mut kept = kept.unwrap_or_default();
        for html in edit["blocks"].as_array().expect("blocks") {
            self.blocks.push(std::mem::take(&mut kept) + html.as_str().expect("HTML"));
        }
        self.open = number("open").expect("a number of elements");
    }
}
