//! Starts a static program as PID 1 of new namespaces, enters them, makes orphans in them, and
//! tells what it saw, timed by the monotonic clock in nanoseconds.
//!
//! How a process of ours cannot leak: PID 1 waits behind a pipe before it does anything, and goes
//! on only after the *keeper* holds its pidfd. The keeper is one small child of the caller, in a
//! session of its own, that does nothing but wait on a socket: when the caller ends, in whatever
//! way, the socket ends, and the keeper kills every PID 1 it holds. The kernel then kills all that
//! lives in those PID namespaces and takes their mounts with them. (`PR_SET_PDEATHSIG` would not
//! do: it follows the parent's *thread*, and the tried program can clear it.)
//!
//! The caller is Node or Deno, with many threads. So between clone and exec the child makes plain
//! kernel calls only: no allocation, no lock, no panic. All it needs is prepared before.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`options`] | what the caller asks for |
//! | [`process`] | a started process: signals, exit, output |
//! | `start`, `enter` | the caller's half of starting PID 1, and of entering its namespaces |
//! | `child`, `root` | the child's half |
//! | `orphans`, [`storm`] | the maker of orphans, and its caller's half |
//! | `watch`, `keeper` | the thread that sees exits and output; the process that outlives the caller |
//! | [`facts`] | what /proc tells about a process |
//! | [`filter`] | seccomp programs |
//! | [`supported`] | what the kernel refuses here, and why |

#[cfg(not(target_os = "linux"))]
compile_error!("Namespaces and pidfds are Linux's, there is nothing to build for another system");

mod child;
pub mod clock;
mod enter;
pub mod error;
pub mod facts;
mod fd;
pub mod filter;
mod keeper;
pub mod options;
mod orphans;
mod plan;
pub mod process;
mod root;
mod start;
pub mod storm;
pub mod supported;
mod sys;
mod watch;

pub use enter::{enter, signal_inside};
pub use error::Error;
pub use process::Process;
pub use start::start;
pub use storm::storm;
pub use supported::supported;
