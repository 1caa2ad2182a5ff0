internal import CAlmanac
package import SystemPackage

/// Why a child process did not start: the step that failed and the kernel's reason.
package struct SpawnError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The program that was to run.
    package let program: String
    /// What could not be done, as a phrase: "enter its folder".
    package let step: String
    package let errno: Errno
    /// The host could not be made read-only for it: this system allows no namespaces.
    package let isIsolation: Bool

    init(program: String, step: CInt, errno: Errno) {
        self.program = program
        // A constant string of C, never freed.
        self.step = unsafe String(cString: calmanac_step_name(step))
        self.errno = errno
        isIsolation = calmanac_step_isolates(step)
    }

    init(program: String, step: String, errno: Errno) {
        self.program = program
        self.step = step
        self.errno = errno
        isIsolation = false
    }

    /// One line: `cannot start /x/linux: cannot execute it: No such file or directory`.
    package var description: String {
        "cannot start \(program): cannot \(step): \(errno)"
    }
}
