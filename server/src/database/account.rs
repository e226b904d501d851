//! The unprivileged account that Postgres runs as when the arena itself is root.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::DatabaseError;

/// A line of `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

/// The account to step down to: nobody special unless we are root; the owner of `cluster` where
/// it exists (Postgres refuses a folder of another owner), else `postgres`, else `nobody`.
pub(super) fn choose(cluster: &Path) -> Result<Option<Account>, DatabaseError> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let owner = fs::metadata(cluster).ok().filter(|owner| owner.uid() != 0);
    pick(&passwd, owner.map(|owner| (owner.uid(), owner.gid()))).map(Some).ok_or(DatabaseError::NoAccount)
}

fn pick(passwd: &str, owner: Option<(u32, u32)>) -> Option<Account> {
    let accounts: Vec<Account> = passwd.lines().filter_map(parse).collect();
    if let Some((uid, gid)) = owner {
        let name = accounts.iter().find(|account| account.uid == uid);
        let name = name.map_or_else(|| format!("uid {uid}"), |account| account.name.clone());
        return Some(Account { name, uid, gid });
    }
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| accounts.iter().find(|account| account.name == *name && account.uid != 0))
        .cloned()
}

fn parse(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account { name, uid, gid })
}

/// A command that will run as `account`, with nothing of our environment and no controlling
/// terminal's Ctrl-C: that must reach the arena first, which then stops Postgres in order.
pub(super) fn command(program: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C").current_dir("/").process_group(0).stdin(Stdio::null());
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

/// Hands `path` to `account`.
pub(super) fn give(path: &Path, account: Option<&Account>) -> Result<(), DatabaseError> {
    let Some(account) = account else {
        return Ok(());
    };
    chown(path, Some(account.uid), Some(account.gid)).map_err(DatabaseError::io(path))
}

/// Checks that `account` can run the programs in `bin` and enter `folder`, by doing so.
pub(super) fn probe(account: Option<&Account>, bin: &Path, folder: &Path) -> Result<(), DatabaseError> {
    let Some(account) = account else {
        return Ok(());
    };
    for (path, inside) in [(bin, Path::new("/")), (folder, folder)] {
        let mut probe = command(&bin.join("postgres"), Some(account));
        let probe = probe.arg("--version").current_dir(inside).stdout(Stdio::null());
        if probe.stderr(Stdio::null()).status().is_err() {
            let (path, account) = (path.to_owned(), account.name.clone());
            return Err(DatabaseError::Unreachable { path, account });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
        nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n\
        postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash\n";

    #[test]
    fn postgres_is_preferred_to_nobody_and_root_is_never_taken() {
        let found = pick(PASSWD, None).map(|account| (account.name, account.uid, account.gid));
        assert_eq!(found, Some(("postgres".into(), 101, 104)));
        let without = PASSWD.replace("postgres:", "other:");
        assert_eq!(pick(&without, None).map(|account| account.uid), Some(65534));
        assert_eq!(pick("postgres:x:0:0::/:/bin/sh\n", None), None);
        assert_eq!(pick("", None), None);
    }

    #[test]
    fn the_owner_of_an_existing_folder_stays_its_account() {
        let nobody = pick(PASSWD, Some((65534, 65534)));
        assert_eq!(nobody.map(|account| account.name), Some("nobody".into()));
        let stranger = pick(PASSWD, Some((4711, 4712)));
        assert_eq!(
            stranger.map(|account| (account.name, account.uid, account.gid)),
            Some(("uid 4711".into(), 4711, 4712))
        );
    }
}
