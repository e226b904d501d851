//! What a visitor and an administrator see, in a real Chromium. Screenshots go to `target/screenshots`.

mod browser;
