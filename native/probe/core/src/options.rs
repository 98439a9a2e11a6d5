//! What a caller asks for.

use std::path::PathBuf;

/// A file that the private root holds.
#[derive(Clone, Debug)]
pub struct RootFile {
    /// Where it is on the host.
    pub source: PathBuf,
    /// Where it shall be, absolute.
    pub path: String,
}

/// A program that is run first and is to exec the tried one: its arguments end with the tried
/// program's own command line, which is appended here.
#[derive(Clone, Debug)]
pub struct Pre {
    /// Where it is on the host. In the private root it is `/.pre`.
    pub program: PathBuf,
    /// Its arguments, without its name.
    pub args: Vec<String>,
}

/// What the process sees as `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// A fresh tmpfs that holds the program, the files asked for, and /proc.
    Private {
        /// Nothing in it can be written.
        read_only: bool,
        /// Mount /proc of the new PID namespace.
        proc: bool,
    },
    /// The host's files, in a mount namespace of its own.
    Host,
}

/// As whom, and how confined, a process runs.
#[derive(Clone, Debug, Default)]
pub struct Confinement {
    /// Numeric user; None leaves it: root when the caller is root, or mapped to root.
    pub uid: Option<u32>,
    /// Numeric group, alike.
    pub gid: Option<u32>,
    /// Empties all five capability sets.
    pub drop_capabilities: bool,
    /// Sets `no_new_privs`.
    pub no_new_privs: bool,
    /// A seccomp program, installed right before exec; without `no_new_privs` before the
    /// capabilities go, as runc does.
    pub seccomp: Option<Vec<libc::sock_filter>>,
    /// Signals that are ignored at exec; all others have their default.
    pub ignored: Vec<i32>,
    /// Signals that are blocked at exec.
    pub blocked: Vec<i32>,
}

/// How PID 1 is started.
#[derive(Clone, Debug)]
pub struct Start {
    /// Where the static program is on the host.
    pub program: PathBuf,
    /// Where it is in the private root, and its `argv[0]`.
    pub path: String,
    /// Its arguments, without its name.
    pub args: Vec<String>,
    /// Its whole environment, `NAME=value`.
    pub env: Vec<String>,
    /// More files for the private root.
    pub files: Vec<RootFile>,
    /// A static user-mode emulator that runs the program. In the private root it is `/.emulator`.
    pub emulator: Option<PathBuf>,
    /// A program to run first.
    pub pre: Option<Pre>,
    /// What is `/`.
    pub root: Root,
    /// As whom.
    pub confinement: Confinement,
    /// In a user namespace. None: only when the caller has no CAP_SYS_ADMIN.
    pub user_namespace: Option<bool>,
    /// The host's first id of the 65,536 that a user namespace maps. A caller who may not map them
    /// gets one id alone: its own, as the asked-for user.
    pub host_ids: u32,
    /// Zombie children that PID 1 has before it is executed.
    pub zombies: u32,
    /// The signals that those children announce their end with, in turn; 0 is none.
    pub zombie_signals: Vec<i32>,
    /// How many bytes of each output are kept. What is more is read and dropped.
    pub output_limit: usize,
    /// Look for its readiness from the moment of exec on, without sleep, for at most 10 ms: that it
    /// sleeps in one of these calls (empty: in rt_sigtimedwait). None: leave that to
    /// [`crate::Process::ready`], whose first look is later than a small program's readiness.
    pub ready: Option<Vec<i64>>,
    /// A cgroup's folder that PID 1 is put into before it is executed.
    pub cgroup: Option<PathBuf>,
}

impl Start {
    /// The defaults: a read-only private root with /proc, and nothing taken from the process.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            path: "/pause".into(),
            args: Vec::new(),
            env: Vec::new(),
            files: Vec::new(),
            emulator: None,
            pre: None,
            root: Root::Private { read_only: true, proc: true },
            confinement: Confinement::default(),
            user_namespace: None,
            host_ids: 65_536,
            zombies: 0,
            zombie_signals: vec![libc::SIGCHLD],
            output_limit: 64 * 1024,
            ready: None,
            cgroup: None,
        }
    }
}

/// How a program is run inside the namespaces of a running PID 1.
#[derive(Clone, Debug)]
pub struct Enter {
    /// Where the static program is on the host. It need not be in the root: the kernel executes
    /// the open file.
    pub program: PathBuf,
    /// Its whole command line, name first.
    pub argv: Vec<String>,
    /// Its whole environment.
    pub env: Vec<String>,
    /// A static user-mode emulator that runs the program; needs /proc in the root.
    pub emulator: Option<PathBuf>,
    /// As whom.
    pub confinement: Confinement,
    /// How many bytes of each output are kept.
    pub output_limit: usize,
}

impl Enter {
    /// The defaults: no argument, an empty environment, nothing taken from the process.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        Self {
            argv: vec![program.to_string_lossy().into_owned()],
            program,
            env: Vec::new(),
            emulator: None,
            confinement: Confinement::default(),
            output_limit: 64 * 1024,
        }
    }
}

/// In which way orphans become orphans and die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orphan {
    /// Their parent ends, PID 1 adopts them, then they die.
    Plain,
    /// They are zombies already when PID 1 adopts them.
    Zombie,
    /// Their first thread ends before another one does.
    Threads,
    /// They announce their end with other signals than SIGCHLD, or with none; every second one is
    /// a zombie when it is adopted.
    Signals,
    /// They die while traced, and the tracer waits for them.
    TracedWaited,
    /// They die while traced, and then the tracer dies without waiting for them.
    TracedAbandoned,
    /// A tracer attached, stopped and left them before they die.
    TracedDetached,
}

/// A storm of orphans.
#[derive(Clone, Copy, Debug)]
pub struct Storm {
    /// How many.
    pub count: u32,
    /// How many live at once, at most; they die together.
    pub in_flight: u32,
    /// Of which kind.
    pub orphan: Orphan,
    /// How long the making may take, in milliseconds.
    pub timeout: u64,
    /// How long to wait for the last zombie to go, in milliseconds.
    pub settle: u64,
}

impl Storm {
    /// `count` plain orphans, 256 at once.
    #[must_use]
    pub fn new(count: u32) -> Self {
        Self { count, in_flight: 256, orphan: Orphan::Plain, timeout: 60_000, settle: 1_000 }
    }
}
