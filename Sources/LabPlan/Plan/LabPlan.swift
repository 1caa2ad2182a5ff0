package import Models
package import Network

/// A lab as resolved: all defaults applied, all addresses assigned. Lists are in the order of the file.
package struct LabPlan: Hashable, Sendable {
    package var name: String
    package var seed: UInt64
    /// No machine sees the host's files.
    package var isHermetic = false
    /// Time of day at 0, ns since the epoch.
    package var startNanoseconds: UInt64
    /// Simulated time at which the lab ends, ns.
    package var until: UInt64?
    /// Wall-clock time after which the run has failed, ns; nil for no limit.
    package var timeout: UInt64?
    package var networks: [NetworkPlan]
    package var machines: [MachinePlan]
    /// In the order of the file; what was drawn stands there as what came out.
    package var faults: [FaultPlan] = []
    package var logs: [LogRule] = []
    /// Whether the lab ends when a foreground command has failed; nil: when the others are silent then.
    package var failFast: Bool?
    /// Kernel warnings, bugs and panics, and reports of sanitizers, fail the run.
    package var failsOnReports = true
}

/// A network: how frames find their way, and how long that takes.
package struct NetworkPlan: Hashable, Sendable {
    package var name: String
    package var subnet: IPv4Subnet?
    package var kind = NetworkKind.switch
    /// From sending to arrival, ns; between interfaces that `paths` does not name.
    package var latency: UInt64
    /// By interfaces' machines (indices in the plan), one way each: what lies between them instead of `latency`.
    package var paths: [MachinePair: PathProfile] = [:]
    /// Bytes of payload of a frame.
    package var mtu: Int
    /// Machines may leave checksums and the cutting of TCP segments to the network.
    package var offload: Bool
    /// Its frames are written into pcapng files.
    package var capture: Bool
}

/// Who sends to whom, as indices in the plan.
package struct MachinePair: Hashable, Sendable {
    package var from: Int
    package var to: Int

    package init(from: Int, to: Int) {
        self.from = from
        self.to = to
    }
}

/// A machine: what it is made of and what it runs.
package struct MachinePlan: Hashable, Sendable {
    package var name: String
    /// What it is instead of a kernel.
    package var model: ModelPlan?
    /// A kernel of its own.
    package var kernel: String?
    package var memoryBytes: UInt64
    /// eth0, eth1 and so on.
    package var interfaces: [InterfacePlan]
    package var environment: [EnvironmentEntry]
    package var files: [FilePlan]
    package var routes: [RoutePlan]
    /// It forwards IPv4 between its interfaces.
    package var forwards: Bool
    package var commands: [CommandPlan]
    package var checks: [CheckPlan] = []
    /// Its root, and how its programs start.
    package var software = SoftwarePlan()
    /// What it writes survives a kill: its root's upper layer is a disk.
    package var keepsState = false
    /// Files that are copied into the run folder when the machine shuts down.
    package var artifacts: [ArtifactPattern] = []
    /// The most that a system call takes which gives a program nothing, ns; 0: no more than any other.
    package var pollingLimit = LabLimits.usualPollingLimit
}

/// Where a machine's programs come from, and how they start.
package struct SoftwarePlan: Hashable, Sendable {
    /// Nil: the host's root.
    package var root: RootSource?
    /// The words before `command`; nil: the image's.
    package var entrypoint: [String]?
    /// The words of the machine's program, or the arguments of `entrypoint`; nil: the image's.
    package var command: [String]?
    /// As whom commands run: `NAME` or a number, and perhaps `:GROUP`; nil: the image's, or root.
    package var user: String?
    /// Where commands start; nil: the image's, or root's home.
    package var workingFolder: String?
    /// What the machine calls itself; nil: its name in the lab.
    package var hostName: String?
    package var restart = RestartPolicy.no
    /// What ends the machine's program when the lab ends; nil: the image's, or TERM.
    package var stopSignal: SignalName?
    /// What its commands wait for; in the order of the file.
    package var after: [Dependency] = []
    /// The image's health check is left out.
    package var ignoresHealth = false
    package var mounts: [MountPlan] = []
    /// Settings of its kernel by name, as `sysctl` has them.
    package var sysctls: [EnvironmentEntry] = []
    /// What its commands may use.
    package var limits: [LimitPlan] = []
    /// What its commands have between their stop signal and SIGKILL, ns.
    package var stopGrace = SoftwarePlan.usualStopGrace
    /// Names that it knows beside those of the lab's machines.
    package var hosts: [HostEntry] = []
}

/// A program in almanac's own process that is a machine.
package struct ModelPlan: Hashable, Sendable {
    package var kind: String
    package var settings: ModelSettings
}

/// A machine's connection to a network.
package struct InterfacePlan: Hashable, Sendable {
    package var name: String
    /// Index of the network in the plan.
    package var network: Int
    package var address: IPv4Address?
    package var mac: MACAddress
    /// Other names for its address.
    package var aliases: [String] = []
    /// Bytes of payload; nil: the network's.
    package var mtu: Int?
    /// What becomes of frames on their way from the machine.
    package var out = LinkProfile()
    /// What becomes of frames on their way to the machine.
    package var `in` = LinkProfile()
}

/// A variable in the environment of a machine's commands.
package struct EnvironmentEntry: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

extension SoftwarePlan {
    package static let usualStopGrace: UInt64 = 5_000_000_000
}

/// A limit of what a program may use (setrlimit(2)), nil for none.
package struct LimitPlan: Hashable, Sendable {
    /// As in limits.conf(5).
    package var name: String
    package var soft: UInt64?
    package var hard: UInt64?

    static let names = [
        "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc",
        "rss", "rtprio",
        "rttime", "sigpending", "stack",
    ]
}

/// A file system that a machine has in a folder.
package struct MountPlan: Hashable, Sendable {
    package enum Contents: Hashable, Sendable {
        /// A folder of the host, absolute or from the lab file's folder. What the machine writes stays in the machine.
        case folder(String)
        /// Nothing at first, in memory; at most so many bytes, nil: half of the machine's memory.
        case memory(UInt64?)
    }

    /// Path in the machine.
    package var path: String
    package var contents: Contents

    package init(path: String, contents: Contents) {
        self.path = path
        self.contents = contents
    }
}

/// A name for an address.
package struct HostEntry: Hashable, Sendable {
    package var name: String
    package var address: IPv4Address
}

/// A file that is put into a machine before its commands start.
package struct FilePlan: Hashable, Sendable {
    package enum Contents: Hashable, Sendable {
        case inline(String)
        /// Path on the host.
        case from(String)
    }

    /// Path in the machine.
    package var path: String
    package var contents: Contents
    /// Permission bits.
    package var mode: Int

    package init(path: String, contents: Contents, mode: Int) {
        self.path = path
        self.contents = contents
        self.mode = mode
    }
}

/// An IPv4 route of a machine.
package struct RoutePlan: Hashable, Sendable {
    /// nil is the default route.
    package var destination: IPv4Subnet?
    package var gateway: IPv4Address
}

/// A command that a machine runs, with `sh -c` or without a shell.
package struct CommandPlan: Hashable, Sendable {
    /// What must be true of a command at the end.
    package enum Expectation: Hashable, Sendable, CustomStringConvertible {
        /// It ended with this exit status.
        case status(Int)
        /// It ended with this status, or still ran at the end.
        case statusOrRunning(Int)
        /// It still ran at the end.
        case running
        /// Nothing.
        case any

        package var description: String {
            switch self {
            case .status(let status): "exit status \(status)"
            case .statusOrRunning(let status): "exit status \(status) or still running"
            case .running: "running"
            case .any: "any"
            }
        }
    }

    /// Its place among the machine's commands, from 0.
    package var index: Int
    /// For the shell. Of a program without a shell, its words as a shell would read them.
    package var command: String
    /// The program and its arguments; nil: a shell executes `command`.
    package var words: [String]?
    /// Simulated time at which it starts, ns; nil in sequence.
    package var at: UInt64?
    package var background: Bool
    package var expectation: Expectation
    package var stopSignal: SignalName
}

extension LabPlan {
    /// Bytes of payload.
    package func mtu(of interface: InterfacePlan) -> Int {
        interface.mtu ?? networks[interface.network].mtu
    }

    /// The text of /etc/hosts of every machine: each name stands for the machine's first address, and `name.network` for
    /// the one on that network.
    package var hosts: String {
        var lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
        for machine in machines {
            var isFirst = true
            for interface in machine.interfaces {
                guard let address = interface.address else { continue }
                let names =
                    (isFirst ? [machine.name] : []) + ["\(machine.name).\(networks[interface.network].name)"]
                    + interface.aliases
                lines.append("\(address) \(names.joined(separator: " "))")
                isFirst = false
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
