use std::{
    fs::{self, File, OpenOptions, Permissions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use symbolon_policy::{AgreementHash, BureauCode, ScopeId, StandingId};
use thiserror::Error;

/// A node's data folder. All paths are made here and nowhere else.
///
/// | path | what | mode |
/// |---|---|---|
/// | `node.toml` | configuration | 0600 |
/// | `card.json` | what partners need to know of this bureau | 0644 |
/// | `keys/*.key` | signing keys, TLS keys, key-encryption key | 0600 in 0700 |
/// | `keys/wrapping/SCOPE.key` | one wrapping key a scope; never backed up with the database | 0600 in 0700 |
/// | `keys/wrapping/HASH.ended` | the mark of an agreement that was ended for good | 0600 |
/// | `certificates/*.pem` | roots and certificates | 0644 |
/// | `people/NAME/` | certificates issued to people and agencies | 0700 |
/// | `state/symbolon.db` | the database | 0600 in 0700 |
/// | `sets/own`, `sets/partners` | tag sets | 0600 in 0700 |
/// | `standing/ID/` | what standing checks keep: identifiers and tags, sealed | 0600 in 0700 |
/// | `sets/own/SCOPE.cache` | tags of the last own set, sealed | 0600 in 0700 |
/// | `log.checkpoint` | the newest signed checkpoint of the own log; never restored from a backup | 0600 |
/// | `node.lock` | held while a node runs | 0600 |
#[derive(Clone, Debug)]
pub struct DataFolder {
    root: PathBuf,
}

const PRIVATE_FOLDERS: [&str; 7] =
    ["", "keys", "keys/wrapping", "people", "state", "sets/own", "sets/partners"];

impl DataFolder {
    /// Makes a new, empty data folder.
    ///
    /// # Errors
    /// When there is something at that path already, or it cannot be made.
    pub fn create(root: &Path) -> Result<Self, FolderError> {
        if fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(FolderError::NotEmpty { path: root.to_owned() });
        }
        let folder = Self { root: absolute(root)? };
        for name in PRIVATE_FOLDERS.into_iter().chain(["sets", "certificates"]) {
            let path = folder.root.join(name);
            fs::create_dir_all(&path)
                .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o700)))
                .map_err(|source| FolderError::io("make", &path, source))?;
        }
        Ok(folder)
    }

    /// Opens a data folder and checks that it is whole and closed to others.
    ///
    /// # Errors
    /// Names the first path that is missing, or open to other users of the machine.
    pub fn open(root: &Path) -> Result<Self, FolderError> {
        let folder = Self { root: absolute(root)? };
        if !folder.config().is_file() {
            return Err(FolderError::NotADataFolder { path: root.to_owned() });
        }
        for name in PRIVATE_FOLDERS {
            closed_to_others(&folder.root.join(name))?;
        }
        closed_to_others(&folder.config())?;
        for name in ["keys", "keys/wrapping", "state"] {
            for file in folder.files_in(name)? {
                match closed_to_others(&file) {
                    // The database of a running node makes and removes files of its own.
                    Err(FolderError::Io { source, .. })
                        if source.kind() == io::ErrorKind::NotFound => {}
                    other => other?,
                }
            }
        }
        Ok(folder)
    }

    /// Takes the lock that keeps a second node from running on the same folder. Held until dropped.
    ///
    /// # Errors
    /// When another node holds it.
    pub fn lock(&self) -> Result<NodeLock, FolderError> {
        let path = self.root.join("node.lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|source| FolderError::io("open", &path, source))?;
        match file.try_lock() {
            Ok(()) => Ok(NodeLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(FolderError::NodeRuns { path: self.root.clone() }),
            Err(TryLockError::Error(source)) => Err(FolderError::io("lock", &path, source)),
        }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The configuration.
    pub fn config(&self) -> PathBuf {
        self.root.join("node.toml")
    }

    /// This bureau's card, for partners.
    pub fn card(&self) -> PathBuf {
        self.root.join("card.json")
    }

    /// The newest signed checkpoint of the own log: beside the database, so that one that was set back
    /// is noticed.
    pub fn log_checkpoint(&self) -> PathBuf {
        self.root.join("log.checkpoint")
    }

    /// A private key by its name.
    pub fn key(&self, name: &str) -> PathBuf {
        self.root.join("keys").join(format!("{name}.key"))
    }

    /// A scope's wrapping key.
    pub fn wrapping_key(&self, scope: &ScopeId) -> PathBuf {
        self.root.join("keys/wrapping").join(format!("{scope}.key"))
    }

    /// The mark of an agreement that was ended for good: outside the database, so that no backup of
    /// it brings the agreement back.
    pub fn ended_agreement(&self, hash: &AgreementHash) -> PathBuf {
        self.root.join("keys/wrapping").join(format!("{hash}.ended"))
    }

    /// A certificate by its name.
    pub fn certificate(&self, name: &str) -> PathBuf {
        self.root.join("certificates").join(format!("{name}.pem"))
    }

    /// What was issued to a person or agency.
    pub fn person(&self, name: &str) -> PathBuf {
        self.root.join("people").join(name)
    }

    /// The names of all to whom something was issued, in order.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn people(&self) -> Result<Vec<String>, FolderError> {
        let path = self.root.join("people");
        let entries =
            fs::read_dir(&path).map_err(|source| FolderError::io("read", &path, source))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| FolderError::io("read", &path, source))?;
            // What is no text was not issued by this program.
            if let Ok(name) = entry.file_name().into_string() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// The database, and what belongs to it.
    pub(crate) fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.root.join("state/symbolon.db")
    }

    /// A tag set that this bureau publishes.
    pub fn own_set(&self, scope: &ScopeId, version: u64) -> PathBuf {
        self.root.join("sets/own").join(format!("{scope}-{version}.tags"))
    }

    /// The labels beside it.
    pub fn own_labels(&self, scope: &ScopeId, version: u64) -> PathBuf {
        self.own_set(scope, version).with_extension("labels")
    }

    /// The sealed tags of what this bureau last published in a scope.
    pub fn tag_cache(&self, scope: &ScopeId) -> PathBuf {
        self.root.join("sets/own").join(format!("{scope}.cache"))
    }

    /// A partner's tag set.
    pub fn partner_set(&self, owner: &BureauCode, scope: &ScopeId, version: u64) -> PathBuf {
        self.root.join("sets/partners").join(format!("{owner}-{scope}-{version}.tags"))
    }

    /// The labels beside it.
    pub fn partner_labels(&self, owner: &BureauCode, scope: &ScopeId, version: u64) -> PathBuf {
        self.partner_set(owner, scope, version).with_extension("labels")
    }

    /// What a standing check keeps. Made when the first is begun.
    pub fn standing(&self, id: &StandingId) -> PathBuf {
        self.root.join("standing").join(id.to_string())
    }

    fn files_in(&self, name: &str) -> Result<Vec<PathBuf>, FolderError> {
        let path = self.root.join(name);
        let entries =
            fs::read_dir(&path).map_err(|source| FolderError::io("read", &path, source))?;
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| FolderError::io("read", &path, source))?;
            if entry.path().is_file() {
                files.push(entry.path());
            }
        }
        Ok(files)
    }
}

/// While this lives, no other node runs on the folder.
#[derive(Debug)]
pub struct NodeLock {
    _file: File,
}

/// Writes a file that only its owner may read (0600): aside, synced, then renamed into place, so
/// that a crash leaves the old file or the new one.
///
/// # Errors
/// When the disk is full or the folder cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    write(path, bytes, 0o600)
}

/// Writes a file that everyone may read (0644), as [`write_private`] does.
///
/// # Errors
/// As [`write_private`].
pub fn write_public(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    write(path, bytes, 0o644)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FolderError> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let aside = PathBuf::from(aside);
    let attempt = || -> io::Result<()> {
        // A file left by a crash may have another mode; what matters is the mode at creation.
        match fs::remove_file(&aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().create_new(true).write(true).mode(mode).open(&aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&aside, path)?;
        // A bare file name has an empty parent, which means this folder.
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
    };
    attempt().map_err(|source| {
        let _ = fs::remove_file(&aside);
        FolderError::io("write", path, source)
    })
}

fn absolute(path: &Path) -> Result<PathBuf, FolderError> {
    std::path::absolute(path).map_err(|source| FolderError::io("find", path, source))
}

fn closed_to_others(path: &Path) -> Result<(), FolderError> {
    let metadata = fs::metadata(path).map_err(|source| FolderError::io("find", path, source))?;
    if metadata.mode() & 0o077 == 0 {
        Ok(())
    } else {
        Err(FolderError::OpenToOthers { path: path.to_owned() })
    }
}

/// What is wrong with a data folder or a file in it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The system refused.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another node runs there.
    #[error("a node is running on {} already; stop it first", path.display())]
    NodeRuns {
        /// The folder.
        path: PathBuf,
    },
    /// No `node.toml`.
    #[error("{} is not a data folder: it has no node.toml. `symbolon node init` makes one", path.display())]
    NotADataFolder {
        /// The folder.
        path: PathBuf,
    },
    /// There is something already.
    #[error("{} is not empty; name a new folder, so that nothing is overwritten", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Others may read it.
    #[error("{} can be read by other users of this machine; run `chmod go-rwx` on it", path.display())]
    OpenToOthers {
        /// The path.
        path: PathBuf,
    },
}

impl FolderError {
    /// Wraps what the system said.
    pub fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }
}
