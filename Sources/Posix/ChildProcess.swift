internal import CAlmanac
internal import Glibc
package import SystemPackage

/// How a process ended.
package enum ExitStatus: Hashable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case signaled(Int32)

    /// From what waitpid wrote (wait(2): the macros WIFEXITED and so on, which Swift does not see).
    init(waitStatus: CInt) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited(waitStatus >> 8 & 0xff) : .signaled(signal)
    }

    package var description: String {
        switch self {
        case .exited(let code): "exited with status \(code)"
        case .signaled(let number): "killed by signal \(number)"
        }
    }
}

/// A child process in a process group of its own. Dropping the value kills the group.
///
/// Only this value reaps the process: a `waitpid(-1)` elsewhere, or SIGCHLD ignored, would consume the status.
package struct ChildProcess: ~Copyable {
    /// Restrictions and guarantees for a child.
    package struct Options: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }
        /// No address space randomisation, for the child and what it executes.
        package static let fixedAddresses = Options(rawValue: 1)
        /// The host's files are read-only for it, except a fresh tmpfs on /dev/shm. Descriptors handed over stay
        /// writable.
        package static let readOnlyHost = Options(rawValue: 2)
        /// Killed when the *thread* that started it ends: start it from a thread that lives as long as the process.
        package static let diesWithParent = Options(rawValue: 4)
        /// No core dumps, and umask 022, whatever the user's limits are.
        package static let fixedLimits = Options(rawValue: 8)
    }

    /// The number that a child has for its `extra` descriptor.
    package static let extraNumber = CALMANAC_EXTRA_NUMBER
    /// Where a child sees its `shownFile`.
    package static let shownPath = CALMANAC_SHOWN_PATH
    /// Where a child sees its `shownFolder`.
    package static let shownFolderPath = CALMANAC_SHOWN_FOLDER

    /// Also the number of its process group.
    package let processID: Int32
    /// Readable when the process has ended (pidfd), for the reactor.
    package let descriptor: Descriptor
    /// How it ended, once reaped.
    package private(set) var status: ExitStatus?

    /// Starts a process and returns when the program is executed. Its standard input is /dev/null; it has no other
    /// descriptors than the two given here as 1 and 2, and `extra`.
    ///
    /// - Parameters:
    ///   - program: absolute path; it is not searched for.
    ///   - arguments: without the program's own name, which is `program`.
    ///   - environment: all of it, "A=b" each, in this order.
    ///   - folder: where it works; nil for this process's own.
    ///   - user: who it becomes; nil for this process's user.
    ///   - extra: the number of a descriptor that stays the caller's; the child has it as `extraNumber`. Nil for none.
    ///   - shownFile: with `readOnlyHost`, a file that it sees at `shownPath` as well.
    ///   - shownFolder: with `readOnlyHost`, a folder that it sees at `shownFolderPath` as well; "" for an empty one.
    package init(
        program: String, arguments: [String], environment: [String], folder: String? = nil,
        shownFile: String? = nil, shownFolder: String? = nil, user: HostUser? = nil,
        standardOutput: borrowing Descriptor, standardError: borrowing Descriptor, extra: CInt? = nil,
        options: Options = []
    ) throws(SpawnError) {
        let input: Descriptor
        do throws(Errno) {
            input = try Posix.open("/dev/null", .readOnly)
        } catch {
            throw SpawnError(program: program, step: "open /dev/null", errno: error)
        }
        let argumentList = CStrings([program] + arguments)
        let environmentList = CStrings(environment)
        let names = CStrings([program, folder ?? "", shownFile ?? "", shownFolder ?? ""])
        var failure = calmanac_spawn_failure()
        var spawn = unsafe calmanac_spawn()
        // The three lists outlive the call; the C side keeps no pointer.
        unsafe spawn.program = UnsafePointer(names.pointers[0])
        unsafe spawn.arguments = UnsafePointer(argumentList.pointers.baseAddress)
        unsafe spawn.environment = UnsafePointer(environmentList.pointers.baseAddress)
        unsafe spawn.folder = folder == nil ? nil : UnsafePointer(names.pointers[1])
        unsafe spawn.shown_file = shownFile == nil ? nil : UnsafePointer(names.pointers[2])
        unsafe spawn.shown_folder = shownFolder == nil ? nil : UnsafePointer(names.pointers[3])
        unsafe spawn.user = user?.user ?? 0
        unsafe spawn.group = user?.group ?? 0
        unsafe spawn.fixed_limits = options.contains(.fixedLimits)
        unsafe spawn.standard_input = input.number
        unsafe spawn.standard_output = standardOutput.number
        unsafe spawn.standard_error = standardError.number
        unsafe spawn.extra = extra ?? -1
        unsafe spawn.fixed_addresses = options.contains(.fixedAddresses)
        unsafe spawn.read_only = options.contains(.readOnlyHost)
        unsafe spawn.dies_with_parent = options.contains(.diesWithParent)
        let process = unsafe calmanac_spawn(&spawn, &failure)
        guard process > 0 else {
            throw SpawnError(program: program, step: failure.step, errno: Errno(rawValue: failure.error))
        }
        let number = calmanac_pidfd_open(process)
        guard number >= 0 else {
            let error = Errno(rawValue: errno)
            _ = Glibc.kill(-process, SIGKILL)
            _ = waitpid(process, nil, 0)
            throw SpawnError(program: program, step: "watch it", errno: error)
        }
        processID = process
        descriptor = Descriptor(owning: number)
        status = nil
    }

    /// How it ended, nil while it runs. Does not wait; may be called again.
    package mutating func reap() throws(Errno) -> ExitStatus? {
        if let status { return status }
        var raw: CInt = 0
        let process = processID
        let found = try Posix.retrying { unsafe Int(waitpid(process, &raw, WNOHANG)) }
        if found > 0 { status = ExitStatus(waitStatus: raw) }
        return status
    }

    /// Sends a signal to the process alone; `.noSuchProcess` once it is reaped, because the number may belong to another process then.
    package func kill(_ signal: Int32) throws(Errno) {
        guard status == nil else { throw .noSuchProcess }
        let process = processID
        _ = try Posix.retrying { Int(Glibc.kill(process, signal)) }
    }

    /// Kills the process and what it started in its group. Call it before `reap`, also when the process has ended and
    /// helpers of it may not have: afterwards the number may belong to another group, and the call does nothing.
    package func terminateGroup() {
        guard status == nil else { return }
        _ = Glibc.kill(-processID, SIGKILL)
    }

    deinit {
        guard status == nil else { return }
        _ = Glibc.kill(-processID, SIGKILL)
        // A killed process exits at once, unless a disk operation blocks it: then it stays a zombie of this process.
        var poll = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        while unsafe Glibc.poll(&poll, 1, 5000) < 0, errno == EINTR {}
        _ = waitpid(processID, nil, WNOHANG)
    }
}

/// A list of C strings that ends with a null pointer, freed with this value.
@safe
private struct CStrings: ~Copyable {
    let pointers: UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>

    init(_ strings: [String]) {
        unsafe pointers = .allocate(capacity: strings.count + 1)
        // A copy each: `strdup` ends it with a zero, as `String` does for the call.
        for (index, string) in strings.enumerated() {
            unsafe pointers.initializeElement(at: index, to: strdup(string))
        }
        unsafe pointers.initializeElement(at: strings.count, to: nil)
    }

    deinit {
        for index in unsafe pointers.indices { unsafe free(pointers[index]) }
        unsafe pointers.deallocate()
    }
}

extension Posix {
    /// Runs a program with this process's standard input, output and errors, in the foreground of its terminal if it has one.
    ///
    /// - Parameter program: absolute path.
    /// - Returns: its exit status, 128 + signal when it was killed; -1 when it cannot be started.
    package static func runInForeground(_ program: String, _ arguments: [String]) -> Int32 {
        let list = CStrings([program] + arguments)
        return withExtendedLifetime(list) { list in
            // The list outlives the call.
            unsafe calmanac_run_in_foreground(program, list.pointers.baseAddress)
        }
    }
}
