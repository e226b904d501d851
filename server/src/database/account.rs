//! The unprivileged account that Postgres runs as when the arena itself is root.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User};

use super::DatabaseError;

/// An account of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

/// The account to step down to: nobody special unless we are root; the owner of `cluster` where
/// it exists (Postgres refuses a folder of another owner), else `postgres`, else `nobody`. Accounts
/// of LDAP and other directories count as well.
pub(super) fn choose(cluster: &Path) -> Result<Option<Account>, DatabaseError> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let owner = fs::metadata(cluster).ok().filter(|owner| owner.uid() != 0);
    let by_uid = |uid: u32| User::from_uid(Uid::from_raw(uid)).ok().flatten().map(Account::from);
    let by_name = |name: &str| User::from_name(name).ok().flatten().map(Account::from);
    let found = pick(owner.map(|owner| (owner.uid(), owner.gid())), by_uid, by_name);
    found.map(Some).ok_or(DatabaseError::NoAccount)
}

fn pick(
    owner: Option<(u32, u32)>,
    by_uid: impl Fn(u32) -> Option<Account>,
    by_name: impl Fn(&str) -> Option<Account>,
) -> Option<Account> {
    if let Some((uid, gid)) = owner {
        let name = by_uid(uid).map_or_else(|| format!("uid {uid}"), |account| account.name);
        return Some(Account { name, uid, gid });
    }
    ["postgres", "nobody"].into_iter().filter_map(by_name).find(|account| account.uid != 0)
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        Self { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() }
    }
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

    const ROOT: (&str, u32, u32) = ("root", 0, 0);
    const NOBODY: (&str, u32, u32) = ("nobody", 65534, 65534);
    const POSTGRES: (&str, u32, u32) = ("postgres", 101, 104);

    fn pick_from(known: &[(&str, u32, u32)], owner: Option<(u32, u32)>) -> Option<(String, u32, u32)> {
        let account = |&(name, uid, gid): &(&str, u32, u32)| Account { name: name.to_owned(), uid, gid };
        let by_uid = |uid: u32| known.iter().find(|known| known.1 == uid).map(account);
        let by_name = |name: &str| known.iter().find(|known| known.0 == name).map(account);
        pick(owner, by_uid, by_name).map(|account| (account.name, account.uid, account.gid))
    }

    #[test]
    fn postgres_is_preferred_to_nobody_and_root_is_never_taken() {
        let found = pick_from(&[ROOT, NOBODY, POSTGRES], None);
        assert_eq!(found, Some(("postgres".into(), 101, 104)));
        let without = pick_from(&[ROOT, NOBODY, ("other", 101, 104)], None);
        assert_eq!(without.map(|account| account.1), Some(65534));
        assert_eq!(pick_from(&[("postgres", 0, 0)], None), None);
        assert_eq!(pick_from(&[], None), None);
    }

    #[test]
    fn the_owner_of_an_existing_folder_stays_its_account() {
        let all = [ROOT, NOBODY, POSTGRES];
        let nobody = pick_from(&all, Some((65534, 65534)));
        assert_eq!(nobody.map(|account| account.0), Some("nobody".into()));
        assert_eq!(pick_from(&all, Some((4711, 4712))), Some(("uid 4711".into(), 4711, 4712)));
    }

    #[test]
    fn the_system_s_accounts_are_known() {
        let root = User::from_name("root").expect("the system answers").map(Account::from);
        assert_eq!(root.map(|account| (account.uid, account.gid)), Some((0, 0)));
    }
}
