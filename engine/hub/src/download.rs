//! From a repository's name to a path that can be opened.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use crate::cache::CachedRepository;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::listing::{Listing, RemoteFile};
use crate::part::Part;
use crate::select::{Selection, Target, select};
use crate::settings::Settings;

/// How often a request is made again that may succeed then, and the first wait, which doubles.
const RETRIES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait, also where the hub asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How often a lock is looked at that another process holds.
const LOCK_WAIT: Duration = Duration::from_millis(200);

/// What is wanted of the hub.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// `OWNER/NAME`.
    pub repository: &'a str,
    /// A branch, a tag or a commit.
    pub revision: &'a str,
    /// A type or a file's name.
    pub detail: Option<&'a str>,
}

/// What happens meanwhile.
#[derive(Debug)]
pub enum Event<'a> {
    /// Bytes of all missing files that are there, and all of them.
    Progress {
        file: &'a str,
        done: u64,
        all: u64,
    },
    /// Another process receives this file.
    Waiting {
        file: &'a str,
    },
    Retry {
        error: &'a Error,
        after: Duration,
    },
    /// The hub does not answer; what is in the cache is used.
    Cached {
        error: &'a Error,
    },
}

type Report<'a> = &'a mut dyn FnMut(Event<'_>);

/// Brings what is wanted into the cache, as far as it is missing there. Gives the path of the file, or of the first shard, or of
/// the folder, which has the type behind it that was told: `FOLDER:Q4_K`.
///
/// # Errors
/// The hub has no such model or does not give it, it is not to be had now, what came is not what was promised, or the disk has no
/// room.
pub async fn fetch(settings: &Settings, wanted: Wanted<'_>, report: Report<'_>) -> Result<PathBuf> {
    let cached = CachedRepository::new(&settings.cache, wanted.repository, wanted.revision);
    let at_hand = from_cache(&cached, wanted, settings);
    if settings.offline {
        return at_hand;
    }
    let client = Client::new(settings)?;
    // Who has it already need not wait for a hub that does not answer.
    let retries = if at_hand.is_ok() { 0 } else { RETRIES };
    let listing = match list(&client, wanted, retries, report).await {
        Err(error) if error.is_transient() && at_hand.is_ok() => {
            report(Event::Cached { error: &error });
            return at_hand;
        }
        listing => listing?,
    };
    let paths: Vec<&str> = listing.files.iter().map(|file| file.path.as_str()).collect();
    let selection = select(wanted.repository, &paths, wanted.detail)?;
    let files = selection.files.iter().filter_map(|path| listing.find(path));
    let missing: Vec<&RemoteFile> = files.filter(|file| !cached.has(&listing.commit, file)).collect();
    refuse_full_disk(&settings.cache, &cached, &missing)?;
    let mut work =
        Work { client: &client, cached: &cached, repository: wanted.repository, listing: &listing, done: 0, all: 0 };
    work.all = missing.iter().map(|file| file.size).sum();
    for file in missing {
        work.bring(file, report).await?;
    }
    // What earlier commits brought and is the same in this one is there too.
    for file in listing.files.iter().filter(|file| cached.has(&listing.commit, file)) {
        cached.link(&listing.commit, file)?;
    }
    cached.remember(&listing.commit)?;
    Ok(path_of(&cached, &listing.commit, selection))
}

/// What the cache alone has.
fn from_cache(cached: &CachedRepository, wanted: Wanted<'_>, settings: &Settings) -> Result<PathBuf> {
    let missing = || Error::Offline { repository: wanted.repository.to_owned(), cache: settings.cache.clone() };
    let commit = cached.commit().ok_or_else(missing)?;
    let files = cached.files(&commit);
    let paths: Vec<&str> = files.iter().map(String::as_str).collect();
    match select(wanted.repository, &paths, wanted.detail) {
        Ok(selection) => Ok(path_of(cached, &commit, selection)),
        Err(Error::NoModel { .. } | Error::NoFile { .. }) => Err(missing()),
        Err(error) => Err(error),
    }
}

fn path_of(cached: &CachedRepository, commit: &str, selection: Selection) -> PathBuf {
    let snapshot = cached.snapshot(commit);
    match selection.target {
        Target::File(path) => snapshot.join(path),
        Target::Folder(None) => snapshot,
        Target::Folder(Some(kind)) => {
            let mut typed = snapshot.into_os_string();
            typed.push(":");
            typed.push(kind);
            typed.into()
        }
    }
}

async fn list(client: &Client, wanted: Wanted<'_>, retries: u32, report: Report<'_>) -> Result<Listing> {
    let mut waits = Waits { left: retries, next: FIRST_WAIT };
    loop {
        match client.listing(wanted.repository, wanted.revision).await {
            Err(error) => waits.wait(error, report).await?,
            listing => return listing,
        }
    }
}

/// The waits between tries.
struct Waits {
    left: u32,
    next: Duration,
}

impl Waits {
    /// Waits, where another try may help and there is one.
    async fn wait(&mut self, error: Error, report: Report<'_>) -> Result<()> {
        if !error.is_transient() || self.left == 0 {
            return Err(error);
        }
        let asked = if let Error::Busy { retry_after, .. } = &error { *retry_after } else { None };
        let after = asked.unwrap_or(self.next).min(LONGEST_WAIT);
        self.left -= 1;
        self.next *= 2;
        report(Event::Retry { error: &error, after });
        sleep(after).await;
        Ok(())
    }
}

/// Refuses what the disk has no room for, before anything is received.
fn refuse_full_disk(cache: &Path, cached: &CachedRepository, missing: &[&RemoteFile]) -> Result<()> {
    let there = |file: &RemoteFile| fs::metadata(cached.part(&file.etag)).map_or(0, |part| part.len());
    let needed = missing.iter().map(|file| file.size.saturating_sub(there(file))).sum();
    // A file system that does not tell will say so when it is full.
    let folder = cache.ancestors().find(|folder| folder.is_dir());
    let Some(told) = folder.and_then(|folder| rustix::fs::statvfs(folder).ok()) else { return Ok(()) };
    let free = told.f_bavail.saturating_mul(told.f_frsize);
    if needed > free {
        return Err(Error::DiskFull { path: cache.to_owned(), needed, free });
    }
    Ok(())
}

/// The files that are brought.
struct Work<'a> {
    client: &'a Client,
    cached: &'a CachedRepository,
    repository: &'a str,
    listing: &'a Listing,
    /// Bytes of the files before this one, and of all.
    done: u64,
    all: u64,
}

impl Work<'_> {
    /// Brings one file. One process does it; others wait and find it done.
    async fn bring(&mut self, file: &RemoteFile, report: Report<'_>) -> Result<()> {
        let blob = self.cached.blob(&file.etag);
        let folder = blob.parent().unwrap_or(&blob);
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let _lock = lock(&self.cached.lock(&file.etag), || report(Event::Waiting { file: &file.path })).await?;
        if !self.cached.has(&self.listing.commit, file) {
            let mut part = Part::open(&self.cached.part(&file.etag))?;
            let was_begun = part.len() > 0;
            self.receive(file, &mut part, report).await?;
            if was_begun && !is_right(file, &part) {
                // What an earlier try left was damaged: once more, from the beginning.
                part.clear()?;
                self.receive(file, &mut part, report).await?;
            }
            if !is_right(file, &part) {
                let bytes = |count: u64| format!("{count} bytes");
                let (found, expected) = match &file.sha256 {
                    Some(sum) if part.len() == file.size => (part.sum(), sum.clone()),
                    _ => (bytes(part.len()), bytes(file.size)),
                };
                part.discard()?;
                return Err(Error::Checksum { file: file.path.clone(), found, expected });
            }
            part.finish(&blob)?;
        }
        self.done += file.size;
        Ok(())
    }

    /// Receives what is missing of a file, in as many tries as it takes while each brings something.
    async fn receive(&self, file: &RemoteFile, part: &mut Part, report: Report<'_>) -> Result<()> {
        let mut waits = Waits { left: RETRIES, next: FIRST_WAIT };
        loop {
            let before = part.len();
            match self.receive_once(file, part, report).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    if part.len() > before {
                        waits = Waits { left: RETRIES, next: FIRST_WAIT };
                    }
                    waits.wait(error, report).await?;
                }
            }
        }
    }

    async fn receive_once(&self, file: &RemoteFile, part: &mut Part, report: Report<'_>) -> Result<()> {
        let progress = |part: &Part| Event::Progress { file: &file.path, done: self.done + part.len(), all: self.all };
        if part.len() > file.size {
            part.clear()?;
        }
        if part.len() == file.size {
            report(progress(part));
            return Ok(());
        }
        let mut body = self.client.file(self.repository, &self.listing.commit, &file.path, part.len()).await?;
        if body.start != part.len() {
            part.clear()?;
        }
        if body.start != part.len() {
            return Err(Error::Malformed { what: format!("{}: Content-Range {}-", file.path, body.start) });
        }
        // Only now: the wait for an answer is no part of the speed.
        report(progress(part));
        loop {
            let bytes = match self.client.next(&mut body).await {
                Ok(Some(bytes)) => bytes,
                // One that breaks off is told by how much came.
                Ok(None) | Err(Error::Network { .. }) => break,
                Err(error) => return Err(error),
            };
            part.write(&bytes)?;
            report(progress(part));
            if part.len() > file.size {
                // It is another file; the checksum will say so.
                return Ok(());
            }
        }
        if part.len() < file.size {
            return Err(Error::Cut { file: file.path.clone(), received: part.len(), size: file.size });
        }
        Ok(())
    }
}

/// Whether what came is the file. Of small files the hub tells no SHA-256, but their length.
fn is_right(file: &RemoteFile, part: &Part) -> bool {
    part.len() == file.size && file.sha256.as_ref().is_none_or(|expected| *expected == part.sum())
}

/// Holds a lock that other tools honour too, as long as the file is open. The system lets go of it when a process dies.
async fn lock(path: &Path, mut is_held: impl FnMut()) -> Result<File> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(Error::io(path))?;
    let mut was_told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {
                if !std::mem::replace(&mut was_told, true) {
                    is_held();
                }
                sleep(LOCK_WAIT).await;
            }
            // Some network file systems know no locks: then there is none.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
}
