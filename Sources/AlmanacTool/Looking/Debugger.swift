internal import Foundation
internal import Glibc
internal import Lab
internal import Posix
internal import SystemPackage

/// gdb on the kernel of a machine, or on a program of it.
///
/// While gdb has stopped what it debugs, simulated time stands; when it lets go, all machines go on.
struct Debugger {
    let visitor: Visitor
    let machine: String
    /// A process of the machine by number or name; nil: its kernel.
    let program: String?

    /// - Parameter target: `m2`, `m2:PID` or `m2:NAME`.
    init(visitor: Visitor, target: String) {
        self.visitor = visitor
        let parts = target.split(separator: ":", maxSplits: 1).map(String.init)
        machine = parts.first ?? target
        program = parts.count > 1 ? parts[1] : nil
    }

    /// Lasts until gdb ends.
    ///
    /// - Returns: its exit status.
    func run() throws(RunError) -> Int32 {
        let gdb = try Self.find("gdb")
        let state = try visitor.state()
        guard let place = state.machines.first(where: { $0.name == machine }) else {
            throw RunError(.usage, Moment.unknown(machine: machine, among: state.machines.map(\.name)))
        }
        if let obstacle = place.obstacle, program != nil || place.process == nil {
            throw RunError(.usage, obstacle)
        }
        let folder = try Self.makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        guard let program else { return try debugKernel(place, gdb, folder) }
        return try debug(program: program, gdb, folder)
    }

    // MARK: The kernel

    private func debugKernel(_ place: VisitState.Machine, _ gdb: String, _ folder: String) throws(RunError)
        -> Int32
    {
        guard let process = place.process, let kernel = place.kernel else {
            throw RunError(.usage, place.obstacle ?? "\(machine) is off")
        }
        try Self.checkPermission()
        let symbols = Self.symbols(of: kernel)
        // gdb says in a FIFO when it lets the kernel go on, and when it has stopped it.
        let signals = "\(folder)/signals"
        guard unsafe mkfifo(signals, 0o600) == 0 else {
            throw RunError(.environment, "cannot make \(signals): \(Errno(rawValue: errno))")
        }
        let script = "\(folder)/script.gdb"
        let text = Self.script(process: process, symbols: symbols, signals: signals, machine: machine)
        guard FileManager.default.createFile(atPath: script, contents: Data(text.utf8)) else {
            throw RunError(.environment, "cannot write \(script)")
        }
        // Both ends, so that neither opening it nor reading it ever waits for the other.
        let fifo = unsafe open(signals, O_RDWR | O_CLOEXEC)
        let runFolder = visitor.folder
        let follower = Thread {
            // A run that is over has nothing to hear.
            let connection = try? VisitorConnection(folder: runFolder)
            try? connection?.send(.drive(.debug))
            var byte: UInt8 = 0
            // One byte of this frame's, for the call.
            while unsafe read(fifo, &byte, 1) == 1, byte != UInt8(ascii: "q") {
                try? connection?.send(.drive(byte == UInt8(ascii: "g") ? .go : .halt))
            }
            close(fifo)
        }
        follower.start()
        let status = Posix.runInForeground(gdb, ["-q", "-x", script])
        // The follower ends, and with it the connection.
        var end = UInt8(ascii: "q")
        _ = unsafe write(fifo, &end, 1)
        return status
    }

    /// A file with the symbols of a kernel: `vmlinux` beside it, if it is of the same build.
    private static func symbols(of kernel: String) -> String {
        let beside = URL(fileURLWithPath: kernel).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("vmlinux").path
        let build = KernelStore.buildID(of: kernel)
        return build != nil && KernelStore.buildID(of: beside) == build ? beside : kernel
    }

    private static func checkPermission() throws(RunError) {
        guard !HostUser.isRoot,
            let text = try? String(contentsOfFile: "/proc/sys/kernel/yama/ptrace_scope", encoding: .utf8),
            text.trimmingCharacters(in: .whitespacesAndNewlines) != "0"
        else { return }
        throw RunError(
            .environment,
            "this host lets only root debug processes: as root, sysctl kernel.yama.ptrace_scope=0"
        )
    }

    private static func script(process: Int32, symbols: String, signals: String, machine: String) -> String {
        """
        set confirm off
        set print thread-events off
        set print inferior-events off
        set breakpoint pending on
        set follow-fork-mode parent
        set detach-on-fork on
        add-auto-load-safe-path \(URL(fileURLWithPath: symbols).deletingLastPathComponent().path)
        handle SIGSEGV SIGIO SIGALRM SIGVTALRM SIGPROF SIGUSR1 SIGUSR2 SIGCHLD SIGWINCH SIGTERM nostop noprint pass
        file \(symbols)
        attach \(process)
        python
        import gdb, os
        signals = os.open("\(signals)", os.O_WRONLY)
        gdb.events.cont.connect(lambda event: os.write(signals, b"g"))
        gdb.events.stop.connect(lambda event: os.write(signals, b"h"))
        end
        echo The kernel of \(machine) stands. `continue` lets all machines go on, a breakpoint stops them again; `quit` leaves it.\\n

        """
    }

    // MARK: A program

    private func debug(program: String, _ gdb: String, _ folder: String) throws(RunError) -> Int32 {
        let path = "\(folder)/program"
        var found: [UInt8] = []
        var errors: [UInt8] = []
        let status = try visitor.execute(Self.search(for: program), on: machine) { bytes, isError in
            if isError { errors += bytes } else { found += bytes }
        }
        guard status == 0 else {
            throw RunError(
                status == 3 ? .environment : .usage,
                "\(machine): \(Visitor.reason(errors, status: status))")
        }
        let process = String(decoding: found, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        let plan = LookPlan(
            machine: machine, command: "exec gdbserver --once --attach stdio \(process)", hasInput: true,
            drivesTime: true)
        let listener: Descriptor
        do throws(Errno) { listener = try UnixSocket.listen(path: path) } catch {
            throw RunError(.environment, "cannot listen at \(path): \(error)")
        }
        let number = listener.number
        let runFolder = visitor.folder
        let relay = Thread { DebuggerRelay.run(folder: runFolder, plan: plan, listener: number) }
        relay.start()
        return Posix.runInForeground(
            gdb,
            [
                "-q", "-ex", "set confirm off", "-ex", "set sysroot /",
                // gdbserver finds threads without libthread_db, which asks kernels of User Mode Linux for what they do not know.
                "-ex", "set remote symbol-lookup-packet off", "-ex", "target remote \(path)",
            ])
    }

    /// Prints the number of the process in the guest.
    private static func search(for program: String) -> String {
        """
        command -v gdbserver >/dev/null || { echo 'gdbserver is not there: install the package gdbserver' >&2; exit 3; }
        n=\(Visitor.quoted(program)); case $n in *[!0-9]*) f=; for p in /proc/[0-9]*; do
        [ "$(cat $p/comm 2>/dev/null)" = "$n" ] || [ "$(basename "$(readlink $p/exe 2>/dev/null)" 2>/dev/null)" = "$n" ] || continue
        f=${p#/proc/}; break; done
        [ -n "$f" ] || { echo "no process is called $n" >&2; exit 2; }; n=$f ;; esac
        [ -d /proc/$n ] || { echo "there is no process $n" >&2; exit 2; }
        echo $n
        """
    }

    // MARK: Programs of the host

    private static func find(_ name: String) throws(RunError) -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        for folder in path.split(separator: ":") where unsafe access("\(folder)/\(name)", X_OK) == 0 {
            return "\(folder)/\(name)"
        }
        throw RunError(.environment, "\(name) is not there: install the package \(name)")
    }

    private static func makeFolder() throws(RunError) -> String {
        // Short: the path of a socket may have 107 bytes.
        let folder = "/tmp/almanac-gdb-\(getpid())-\(UInt16.random(in: 0 ... .max))"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        } catch {
            throw RunError(.environment, "cannot make \(folder): \(error.localizedDescription)")
        }
        return folder
    }
}

/// Carries bytes between gdb and gdbserver, and lets simulated time go on while the program runs.
private struct DebuggerRelay {
    let connection: VisitorConnection
    private var scanner = RemoteProtocolScanner()

    /// Starts gdbserver, and returns when one side has ended.
    static func run(folder: String, plan: LookPlan, listener: CInt) {
        do throws(RunError) {
            let connection = try VisitorConnection(folder: folder)
            try connection.send(.drive(.debug))
            try connection.send(.look(plan))
            var relay = DebuggerRelay(connection: connection)
            try relay.relay(listener: listener)
        } catch {
            standardError("almanac: \(error.description)")
        }
    }

    private mutating func relay(listener: CInt) throws(RunError) {
        var gdb: CInt = -1
        defer { if gdb >= 0 { close(gdb) } }
        while true {
            var ready = [
                pollfd(fd: gdb >= 0 ? gdb : listener, events: Int16(POLLIN), revents: 0),
                pollfd(fd: connection.number, events: Int16(POLLIN), revents: 0),
            ]
            // The array outlives the call.
            guard unsafe poll(&ready, 2, -1) >= 0 else { continue }
            if ready[1].revents != 0 {
                for reply in try connection.arrived() {
                    switch reply {
                    case .output(let bytes):
                        if scanner.scanTarget(bytes) { try connection.send(.drive(.halt)) }
                        writeBytes(bytes, to: gdb)
                    case .errors(let bytes): writeBytes(bytes, to: STDERR_FILENO)
                    case .ended: return
                    case .failed(let failure):
                        standardError("almanac: \(failure.reason)")
                        return
                    case .state: break
                    }
                }
            }
            guard ready[0].revents != 0 else { continue }
            guard gdb >= 0 else {
                // No address is wanted.
                gdb = accept(listener, nil, nil)
                continue
            }
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            // The buffer outlives the call.
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(gdb, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            try connection.send(.input(Array(buffer[..<count])))
            if scanner.scanHost(Array(buffer[..<count])) { try connection.send(.drive(.go)) }
        }
    }
}
