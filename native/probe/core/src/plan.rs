//! All that a child needs, prepared before the clone: it may not allocate.

use crate::error::{Error, Result};
use crate::fd;
use crate::options::{Confinement, Enter, Root, Start};
use crate::orphans;
use crate::sys;
use std::ffi::{CString, c_char, c_int};
use std::os::fd::{OwnedFd, RawFd};
use std::path::Path;

/// The child's descriptors by number: 0 to 2 are its input and outputs.
pub(crate) const REPORT: RawFd = 3;
/// PID 1 waits here for leave to go on; the helper that enters namespaces tells its child's PID.
pub(crate) const GATE: RawFd = 4;
/// The pidfd of the PID 1 whose namespaces are entered.
pub(crate) const TARGET: RawFd = 5;
/// The first of the files that come along.
pub(crate) const FILES: RawFd = 6;

/// A null-terminated array of strings, as exec wants it.
pub(crate) struct Strings {
    pointers: Vec<*const c_char>,
    _strings: Vec<CString>,
}

impl Strings {
    fn new(strings: Vec<CString>) -> Self {
        let mut pointers: Vec<_> = strings.iter().map(|string| string.as_ptr()).collect();
        pointers.push(std::ptr::null());
        Self { pointers, _strings: strings }
    }

    pub(crate) fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }
}

pub(crate) struct RootPlan {
    /// Folders to make, relative to the new root, parents first.
    pub(crate) folders: Vec<CString>,
    /// Files to copy: path relative to the new root, and the descriptor to copy from.
    pub(crate) files: Vec<(CString, RawFd)>,
    pub(crate) proc: bool,
    pub(crate) read_only: bool,
}

pub(crate) enum Executable {
    Path(CString),
    Descriptor(RawFd),
}

pub(crate) struct Exec {
    pub(crate) executable: Executable,
    pub(crate) argv: Strings,
    pub(crate) env: Strings,
    /// A descriptor that the program keeps.
    pub(crate) kept: Option<RawFd>,
}

pub(crate) enum Job {
    Exec(Exec),
    Orphans(orphans::Job),
    /// Send a signal to PID 1 of the namespace.
    Signal(c_int),
    /// Wait for ever: a rehearsal of all that comes before exec.
    Wait,
}

pub(crate) enum RootChange {
    /// Stay where the namespaces lead.
    None,
    /// The host's files, but mounts do not travel back.
    Host,
    Private(RootPlan),
}

pub(crate) struct Launch {
    pub(crate) files: Vec<OwnedFd>,
    pub(crate) root: RootChange,
    /// Take the ids 0 of the user namespace: the host's root is nobody in there.
    pub(crate) become_root: bool,
    /// The kernel lets this process set its groups.
    pub(crate) set_groups: bool,
    pub(crate) zombies: u32,
    pub(crate) zombie_signals: Vec<i32>,
    pub(crate) confinement: Confinement,
    pub(crate) job: Job,
    /// What /proc/PID/cmdline says as long as it is `pre` that runs.
    pub(crate) command_before: Option<Vec<u8>>,
}

/// The numbers that a child's descriptors have in the caller, in the child's order.
pub(crate) fn descriptors(
    null: &OwnedFd,
    output: [&OwnedFd; 2],
    report: &OwnedFd,
    gate: &OwnedFd,
    target: &OwnedFd,
    files: &[OwnedFd],
) -> Result<Vec<RawFd>> {
    let mut all: Vec<_> =
        [null, output[0], output[1], report, gate, target].into_iter().map(sys::raw).collect();
    all.extend(files.iter().map(sys::raw));
    if all.len() > fd::BASE {
        return Err(Error::argument("files", format!("at most {} are possible", fd::BASE - 6)));
    }
    Ok(all)
}

fn c_string(what: &str, value: &str) -> Result<CString> {
    CString::new(value).map_err(|_| Error::argument(what, "it contains a zero byte"))
}

fn c_strings<'a>(what: &str, values: impl IntoIterator<Item = &'a str>) -> Result<Strings> {
    let strings = values.into_iter().map(|value| c_string(what, value)).collect::<Result<_>>()?;
    Ok(Strings::new(strings))
}

fn checked(confinement: &Confinement) -> Result<Confinement> {
    let range = 1..=64;
    if let Some(bad) = confinement
        .ignored
        .iter()
        .chain(&confinement.blocked)
        .find(|number| !range.contains(*number))
    {
        return Err(Error::argument("signal", format!("{bad} is not between 1 and 64")));
    }
    if let Some(program) = &confinement.seccomp
        && (program.is_empty() || program.len() > 4096)
    {
        return Err(Error::argument("seccomp", "a program has 1 to 4096 instructions"));
    }
    Ok(confinement.clone())
}

const EMULATOR: &str = "/.emulator";
const PRE: &str = "/.pre";

/// Plans PID 1. The identity of the user namespace is for `start` to fill in.
pub(crate) fn start(options: &Start) -> Result<Launch> {
    let mut files: Vec<(&Path, &str)> = vec![(&options.program, &options.path)];
    files.extend(options.files.iter().map(|file| (file.source.as_path(), file.path.as_str())));
    let host = options.root == Root::Host;
    let place = |file: &Path, path: &str| {
        if host { file.to_string_lossy().into_owned() } else { path.to_owned() }
    };
    let program = place(&options.program, &options.path);
    let mut command: Vec<String> = Vec::new();
    let mut emulator = None;
    if let Some(file) = &options.emulator {
        files.push((file, EMULATOR));
        emulator = Some(place(file, EMULATOR));
    }
    if let Some(pre) = &options.pre {
        files.push((&pre.program, PRE));
        command.extend(emulator.clone());
        command.push(place(&pre.program, PRE));
        command.extend(pre.args.iter().cloned());
    }
    command.extend(emulator);
    command.push(program);
    command.extend(options.args.iter().cloned());

    let (root, files) = match options.root {
        Root::Host => (RootChange::Host, Vec::new()),
        Root::Private { read_only, proc } => {
            let (plan, open) = private_root(&files, read_only, proc)?;
            (RootChange::Private(plan), open)
        }
    };
    Ok(Launch {
        files,
        root,
        become_root: false,
        set_groups: true,
        zombies: options.zombies,
        zombie_signals: options.zombie_signals.clone(),
        confinement: checked(&options.confinement)?,
        job: Job::Exec(Exec {
            executable: Executable::Path(c_string("program", &command[0])?),
            argv: c_strings("args", command.iter().map(String::as_str))?,
            env: c_strings("env", options.env.iter().map(String::as_str))?,
            kept: None,
        }),
        command_before: options.pre.as_ref().map(|_| command_line(&command)),
    })
}

fn command_line(command: &[String]) -> Vec<u8> {
    command.iter().flat_map(|word| word.bytes().chain([0])).collect()
}

fn private_root(
    files: &[(&Path, &str)],
    read_only: bool,
    proc: bool,
) -> Result<(RootPlan, Vec<OwnedFd>)> {
    let mut plan = RootPlan { folders: Vec::new(), files: Vec::new(), proc, read_only };
    let mut open = Vec::new();
    let mut folders: Vec<String> = if proc { vec!["proc".into()] } else { Vec::new() };
    for (index, (source, path)) in files.iter().enumerate() {
        let parts: Vec<&str> = path.split('/').collect();
        let plain = |part: &&str| !part.is_empty() && *part != "." && *part != "..";
        if parts.len() < 2 || !parts[0].is_empty() || !parts[1..].iter().all(plain) {
            return Err(Error::argument("path", format!("'{path}' is not an absolute path")));
        }
        for end in 2..parts.len() {
            let folder = parts[1..end].join("/");
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        open.push(fd::open(source)?);
        plan.files.push((c_string("path", &path[1..])?, FILES + index as RawFd));
    }
    plan.folders = folders.iter().map(|f| c_string("path", f)).collect::<Result<_>>()?;
    Ok((plan, open))
}

/// Plans a program inside the namespaces of a running PID 1.
pub(crate) fn enter(options: &Enter, become_root: bool, set_groups: bool) -> Result<Launch> {
    let mut files = vec![fd::open(&options.program)?];
    let mut argv = options.argv.clone();
    if argv.is_empty() {
        return Err(Error::argument("argv", "it is empty"));
    }
    let mut executable = FILES;
    let mut kept = None;
    if let Some(emulator) = &options.emulator {
        files.push(fd::open(emulator)?);
        executable = FILES + 1;
        kept = Some(FILES);
        argv[0] = format!("/proc/self/fd/{FILES}");
        argv.insert(0, EMULATOR.into());
    }
    Ok(Launch {
        files,
        root: RootChange::None,
        become_root,
        set_groups,
        zombies: 0,
        zombie_signals: Vec::new(),
        confinement: checked(&options.confinement)?,
        job: Job::Exec(Exec {
            executable: Executable::Descriptor(executable),
            argv: c_strings("argv", argv.iter().map(String::as_str))?,
            env: c_strings("env", options.env.iter().map(String::as_str))?,
            kept,
        }),
        command_before: None,
    })
}
