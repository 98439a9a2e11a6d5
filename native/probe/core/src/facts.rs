//! What /proc tells about a process: proc(5) and Documentation/filesystems/proc.rst.

use crate::clock;
use crate::error::{Error, Kind, Result};
use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;

/// The calls that a pause program waits in for its signals, by the numbers of the host's CPU and
/// of the 32-bit programs that it runs: rt_sigtimedwait and rt_sigtimedwait_time64.
#[cfg(target_arch = "x86_64")]
pub const WAITING_FOR_SIGNALS: &[i64] = &[libc::SYS_rt_sigtimedwait, 177, 421];
/// The calls that a pause program waits in for its signals, see above.
#[cfg(target_arch = "aarch64")]
pub const WAITING_FOR_SIGNALS: &[i64] = &[libc::SYS_rt_sigtimedwait, 177, 421];
/// The call that a pause program waits in for its signals.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub const WAITING_FOR_SIGNALS: &[i64] = &[libc::SYS_rt_sigtimedwait as i64];

/// What the bits of SigBlk have to hold where /proc does not tell the call.
const INT_AND_TERM: u64 = 1 << (libc::SIGINT - 1) | 1 << (libc::SIGTERM - 1);

/// A process that waits for its signals.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// When it was seen, on the monotonic clock.
    pub at: u64,
    /// In which call. None: this kernel does not tell; it slept with SIGINT and SIGTERM blocked.
    pub call: Option<i64>,
}

/// Looks at one process again and again.
pub(crate) struct Look {
    pid: i32,
    call: Option<File>,
    /// The command line of what runs before the program itself, and may wait for signals too.
    before: Option<Vec<u8>>,
}

impl Look {
    pub(crate) fn new(pid: i32, before: Option<Vec<u8>>) -> Result<Self> {
        let call = File::open(format!("/proc/{pid}/syscall")).ok();
        let readable = |file: &File| file.read_at(&mut [0; 64], 0).is_ok();
        let call = call.filter(readable);
        if call.is_none() {
            status(pid)?;
        }
        Ok(Self { pid, call, before })
    }

    /// Does it sleep in one of these calls? None given: in one that waits for signals.
    pub(crate) fn waits_in(&mut self, calls: &[i64]) -> Result<Option<Ready>> {
        if let Some(before) = &self.before {
            // Looked at first: once it is another one, so is whoever makes the call below.
            if fs::read(format!("/proc/{}/cmdline", self.pid)).is_ok_and(|now| now == *before) {
                return Ok(None);
            }
            self.before = None;
        }
        let calls = if calls.is_empty() { WAITING_FOR_SIGNALS } else { calls };
        let Some(file) = &self.call else {
            let status = status(self.pid)?;
            let at = clock::now();
            let sleeps = field(&status, "State").starts_with('S');
            let blocked = u64::from_str_radix(field(&status, "SigBlk"), 16).unwrap_or(0);
            let ready = sleeps && blocked & INT_AND_TERM == INT_AND_TERM;
            return Ok(ready.then_some(Ready { at, call: None }));
        };
        let mut line = [0; 256];
        let count = file
            .read_at(&mut line, 0)
            .map_err(|error| Error::io(format!("read(/proc/{}/syscall)", self.pid), &error))?;
        let at = clock::now();
        let text = std::str::from_utf8(&line[..count]).unwrap_or("");
        let call = text.split_whitespace().next().and_then(|word| word.parse().ok());
        Ok(call.filter(|call| calls.contains(call)).map(|call| Ready { at, call: Some(call) }))
    }
}

/// Memory in kB, from smaps_rollup and status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Resident.
    pub rss: u64,
    /// Resident, shared pages divided by their users.
    pub pss: u64,
    /// Private pages that were written.
    pub private_dirty: u64,
    /// Pages of no file.
    pub anonymous: u64,
    /// Page tables.
    pub page_tables: u64,
}

/// Reads what memory a process takes.
///
/// # Errors
/// When the kernel does not let us, or there is no such process.
pub fn memory(pid: i32) -> Result<Memory> {
    let rollup = read(pid, "smaps_rollup")?;
    let status = status(pid)?;
    Ok(Memory {
        rss: number(&rollup, "Rss"),
        pss: number(&rollup, "Pss"),
        private_dirty: number(&rollup, "Private_Dirty"),
        anonymous: number(&rollup, "Anonymous"),
        page_tables: number(&status, "VmPTE"),
    })
}

/// What work a process has caused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// It gave up the CPU: it waited, and was woken up.
    pub voluntary_switches: u64,
    /// The CPU was taken from it.
    pub involuntary_switches: u64,
    /// Clock ticks in its own code, usually of 10 ms.
    pub user_ticks: u64,
    /// Clock ticks in the kernel.
    pub system_ticks: u64,
    /// Nanoseconds on a CPU; 0 where the kernel does not count them.
    pub run_ns: u64,
}

/// Reads what work a process has caused so far, in its first thread.
///
/// # Errors
/// When there is no such process.
pub fn usage(pid: i32) -> Result<Usage> {
    let status = status(pid)?;
    let stat = read(pid, "stat")?;
    let ticks = |index: usize| after_name(&stat).nth(index).and_then(|word| word.parse().ok());
    let run = read(pid, "schedstat").unwrap_or_default();
    Ok(Usage {
        voluntary_switches: number(&status, "voluntary_ctxt_switches"),
        involuntary_switches: number(&status, "nonvoluntary_ctxt_switches"),
        user_ticks: ticks(11).unwrap_or(0),
        system_ticks: ticks(12).unwrap_or(0),
        run_ns: run.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0),
    })
}

/// How many processes descend from one, and how many of them are zombies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// Descendants, zombies too, itself not.
    pub processes: u32,
    /// Those that ended and were not reaped.
    pub zombies: u32,
}

/// Counts the descendants of a process in one pass over /proc.
///
/// # Errors
/// When /proc cannot be listed.
pub fn family(pid: i32) -> Result<Family> {
    let entries = fs::read_dir("/proc").map_err(|error| Error::io("open(/proc)", &error))?;
    let mut children: HashMap<i32, Vec<(i32, bool)>> = HashMap::new();
    for entry in entries.flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok())
        else {
            continue;
        };
        // A process may be gone by now.
        let Ok(stat) = read(child, "stat") else { continue };
        let mut words = after_name(&stat);
        let zombie = matches!(words.next(), Some("Z" | "X"));
        let parent = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        children.entry(parent).or_default().push((child, zombie));
    }
    let mut family = Family::default();
    let mut open = vec![pid];
    while let Some(parent) = open.pop() {
        for (child, zombie) in children.remove(&parent).unwrap_or_default() {
            family.processes += 1;
            family.zombies += u32::from(zombie);
            open.push(child);
        }
    }
    Ok(family)
}

fn read(pid: i32, name: &str) -> Result<String> {
    let path = format!("/proc/{pid}/{name}");
    fs::read_to_string(&path).map_err(|error| {
        let kind = match error.raw_os_error() {
            Some(libc::ENOENT | libc::ESRCH) => Kind::Ended,
            _ => Kind::Refused,
        };
        Error::io(format!("read({path})"), &error).of(kind)
    })
}

fn status(pid: i32) -> Result<String> {
    read(pid, "status")
}

/// The fields of /proc/PID/stat from the third on: the name before them may hold anything.
fn after_name(stat: &str) -> std::str::SplitWhitespace<'_> {
    stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace()
}

/// The value of `name:` in a file of such lines.
pub(crate) fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let of = |line: &'a str| line.strip_prefix(name)?.strip_prefix(':');
    text.lines().find_map(of).unwrap_or("").trim()
}

fn number(text: &str, name: &str) -> u64 {
    field(text, name).split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_takes_whole_names_only() {
        let text = "nonvoluntary_ctxt_switches:\t7\nvoluntary_ctxt_switches:\t5\nRss:  12 kB\n";
        assert_eq!(number(text, "voluntary_ctxt_switches"), 5);
        assert_eq!(number(text, "Rss"), 12);
        assert_eq!(number(text, "Pss"), 0);
    }

    #[test]
    fn after_name_survives_names_with_brackets_and_blanks() {
        let mut words = after_name("12 (a) b) (c) Z 1 12 12 0");
        assert_eq!((words.next(), words.next()), (Some("Z"), Some("1")));
    }

    #[test]
    fn facts_of_this_process() {
        let own = std::process::id() as i32;
        let memory = memory(own).unwrap();
        assert!(memory.rss >= memory.anonymous && memory.page_tables > 0);
        assert!(usage(own).unwrap().run_ns > 0);
        assert_eq!(usage(i32::MAX).unwrap_err().kind, Kind::Ended);
    }
}
