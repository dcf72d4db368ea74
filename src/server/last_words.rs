//! Which plugin it was that ended the whole process: a stack that overflows, a panic while one
//! unwinds, an abort. Nothing can contain these; but the next start can leave the plugin out.
//!
//! The name is written by a signal handler, as a line of the list of those who start in
//! quarantine. It costs nothing while nothing happens. Considered and left: a beacon that is
//! written to a file for each plugin and tick (a system call each, and a death by `kill -9` would
//! look the same); a crate for signals (they chain what was there before, which here is the
//! standard library's own handler, and that one ends the process).
//!
//! The only module of the project in which `unsafe` is allowed: there is no safe way to be called
//! on a stack that still has room.

#![expect(
    unsafe_code,
    reason = "a handler of signals can't be installed otherwise; see above"
)]

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use libc::{SIGABRT, SIGBUS, SIGSEGV, c_int, sigaction, siginfo_t};

const FATAL: [c_int; 3] = [SIGSEGV, SIGBUS, SIGABRT];

/// What the handler needs, made before it is needed: it may neither allocate nor lock.
struct LastWords {
    /// The list's path: nothing is held open until then.
    list: CString,
    /// A line for each plugin, by its index.
    lines: Vec<String>,
    before: [sigaction; 3],
}

/// Never freed: a signal may come at any time. One for each world that this process starts.
static PREPARED: AtomicPtr<LastWords> = AtomicPtr::new(ptr::null_mut());

/// From now on the plugin in which this process dies is appended to the file `list`.
///
/// # Errors
/// When the system takes no handler, or no such path.
pub(super) fn prepare(list: &Path, plugins: &[&'static str]) -> io::Result<()> {
    // SAFETY: all zeroes is a `sigaction`: the default action, no flags, an empty mask.
    let empty: sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    let earlier = PREPARED.load(Ordering::Acquire);
    let mut words = LastWords {
        list: CString::new(list.as_os_str().as_bytes())?,
        // Before it, too: the list may not end with a line.
        lines: plugins.iter().map(|name| format!("\n{name}\n")).collect(),
        before: [empty; 3],
    };
    // SAFETY: what was stored there is never freed and never changed.
    if let Some(earlier) = unsafe { earlier.as_ref() } {
        words.before = earlier.before;
        PREPARED.store(Box::into_raw(Box::new(words)), Ordering::Release);
        return Ok(());
    }
    for (signal, before) in FATAL.into_iter().zip(&mut words.before) {
        // SAFETY: a null pointer asks only; `before` is a place to answer to.
        if unsafe { sigaction(signal, ptr::null(), before) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    // First what the handler needs, then the handler.
    PREPARED.store(Box::into_raw(Box::new(words)), Ordering::Release);
    let mut action = empty;
    action.sa_sigaction = say as *const () as usize;
    // On the other stack, which the standard library gives every thread for this.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    for signal in FATAL {
        // SAFETY: `action` is whole, and `say` does only what a handler may.
        if unsafe { sigaction(signal, &raw const action, ptr::null_mut()) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Writes whose fault it is, and lets the signal do what it would have done: it comes again as
/// soon as this returns.
extern "C" fn say(_: c_int, _: *mut siginfo_t, _: *mut libc::c_void) {
    // SAFETY: set before the handler was, never freed and never changed.
    let Some(words) = (unsafe { PREPARED.load(Ordering::Acquire).as_ref() }) else {
        return;
    };
    for (signal, before) in FATAL.into_iter().zip(&words.before) {
        // SAFETY: `before` is what the system answered. Allowed in a handler.
        unsafe { sigaction(signal, before, ptr::null_mut()) };
    }
    // A cell of this thread's own: set only where a world runs, and only while a plugin does.
    if let Some(line) = engine::running().and_then(|plugin| words.lines.get(plugin)) {
        let how = libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT | libc::O_CLOEXEC;
        // Two system calls; nobody is left to tell if one fails, and the process ends with the file.
        // SAFETY: the path ends with a zero and the line is as long as it says. Both are allowed
        // in a handler.
        unsafe {
            let list = libc::open(words.list.as_ptr(), how, 0o600);
            libc::write(list, line.as_ptr().cast(), line.len());
        }
    }
}
