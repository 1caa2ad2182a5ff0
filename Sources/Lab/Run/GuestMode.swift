package import Posix

/// A machine's kernel.
package struct ChosenKernel: Sendable {
    let path: String
    package let mode: GuestMode
    /// It has Kernel/patches/polling.patch.
    let knowsPolling: Bool
    /// It has Kernel/patches/interrupts.patch.
    let takesInterruptsWithTurn: Bool

    /// - Parameter machine: whose kernel it is, for messages.
    /// - Throws: when seccomp is asked for and cannot be had, which machine, and why.
    package init(path: String, mode: GuestMode.Choice, machine: String) throws(RunError) {
        self.path = path
        let symbols = KernelSymbols.Names(of: path)
        self.mode = try GuestMode(mode, kernel: path, symbols, machine: machine)
        knowsPolling = symbols.contain("setup_polling")
        takesInterruptsWithTurn = symbols.contain("time_travel_turn_is_near")
    }
}

/// How a machine's kernel runs its programs, each in a process of the host.
package enum GuestMode: String, Sendable {
    /// The program's process hands its own system calls to the kernel (Linux 6.16 and later, `seccomp=on`).
    case seccomp
    /// The kernel traces the process.
    case ptrace

    /// What is asked for: `--guest-mode`.
    package enum Choice: String, CaseIterable, Sendable {
        /// seccomp where the host can and the kernel has Almanac's patches for it, else ptrace.
        case auto
        case seccomp
        case ptrace
    }

    /// Variable of a kernel that knows both.
    private static let variable = "using_seccomp"
    /// Of Kernel/patches/stub.patch and counter.patch: without them a hostile program reaches the host, and rdtsc
    /// reads the host's time.
    private static let patches = ["stub_place_wait", "time_travel_now"]
    /// The name of programs' processes, which the kernel gives them since 6.13.
    private static let processName = "uml-userspace"

    /// The mode of a kernel with these symbols.
    fileprivate init(_ choice: Choice, kernel: String, _ symbols: KernelSymbols.Names, machine: String)
        throws(RunError)
    {
        switch choice {
        case .ptrace: self = .ptrace
        case .auto:
            self =
                ([Self.variable] + Self.patches).allSatisfy(symbols.contain) && Self.hostCan
                ? .seccomp : .ptrace
        case .seccomp:
            guard symbols.contain(Self.variable) else {
                throw RunError(
                    .environment,
                    "machine \(machine): the kernel \(kernel) cannot run programs under seccomp (Linux 6.16 and later can): "
                        + "leave out --guest-mode")
            }
            guard Self.hostCan else {
                throw RunError(
                    .environment, "this host lets no process use seccomp: leave out --guest-mode")
            }
            self = .seccomp
        }
    }

    /// Whether this host can run programs under seccomp.
    package static let hostCan = Posix.canTrapSystemCalls()

    /// Whether a process is one in which the kernel with process ID `kernel` runs a program.
    package static func runsProgram(_ process: ProcessView, of kernel: Int32) -> Bool {
        process.tracer == kernel || process.name == processName
    }

    /// What the kernel's command line says of it.
    var arguments: [String] { self == .seccomp ? ["seccomp=on"] : [] }
}
