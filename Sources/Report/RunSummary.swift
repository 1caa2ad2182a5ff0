/// The result of a run, written to `summary.json`. Times are integers of nanoseconds; simulated times count from the
/// start.
package struct RunSummary: Codable, Hashable, Sendable {
    package enum Result: String, Codable, Sendable {
        case passed, failed, interrupted, error
    }

    /// The kernel of machines that do not name another.
    package struct Kernel: Codable, Hashable, Sendable {
        package var path: String
        package var version: String
        /// The GNU build ID, hexadecimal; nil if it has none.
        package var buildID: String?

        package init(path: String, version: String, buildID: String? = nil) {
            self.path = path
            self.version = version
            self.buildID = buildID
        }
    }

    package var name: String
    package var seed: UInt64
    /// Nil if no machine has a kernel.
    package var kernel: Kernel?
    package var result: Result
    /// Why the run did not pass, one line.
    package var reason: String?
    package var virtualNanoseconds: UInt64
    package var wallNanoseconds: UInt64
    package var toolVersion: String
    /// Most machines that may run at the same time (`--jobs`).
    package var jobs: Int
    /// Cores of the run, the calendar's first; nil if the host's scheduler chose them.
    package var cores: [Int]?
    /// How often a machine was moved to another core.
    package var moves: Int
    /// The peak memory of the largest machine's kernel process, bytes; nil if unknown.
    package var peakMachineBytes: UInt64?
    /// The peak memory of almanac, bytes.
    package var peakBytes: UInt64?
    /// Hash of all events, 16 hexadecimal digits: the same in every run of the same lab with the same seed. Nil
    /// without a trace.
    package var hash: String?
    /// The command that repeats the run; nil if unknown.
    package var repeatCommand: String?
    /// In the order of the lab file.
    package var machines: [MachineSummary]
    /// Results of checks and log rules, and reports of kernels and sanitizers.
    package var verdicts: [VerdictSummary] = []
    /// Faults that happened, in the order of the lab file.
    package var faults: [FaultSummary] = []

    package init(
        name: String, seed: UInt64, kernel: Kernel?, result: Result, reason: String? = nil,
        virtualNanoseconds: UInt64, wallNanoseconds: UInt64, toolVersion: String, jobs: Int = 1,
        cores: [Int]? = nil, moves: Int = 0, machines: [MachineSummary]
    ) {
        self.name = name
        self.seed = seed
        self.kernel = kernel
        self.result = result
        self.reason = reason
        self.virtualNanoseconds = virtualNanoseconds
        self.wallNanoseconds = wallNanoseconds
        self.toolVersion = toolVersion
        self.jobs = jobs
        self.cores = cores
        self.moves = moves
        self.machines = machines
    }
}

/// The result of one machine.
package struct MachineSummary: Codable, Hashable, Sendable {
    /// Traffic of a machine's interfaces: `sent` came from the machine.
    package struct Traffic: Codable, Hashable, Sendable {
        package var framesSent: UInt64 = 0
        package var bytesSent: UInt64 = 0
        package var framesReceived: UInt64 = 0
        package var bytesReceived: UInt64 = 0

        package init() {}
    }

    package var name: String
    /// Its number in the protocol.
    package var id: Int
    /// The path of its kernel; nil for a model.
    package var kernel: String?
    /// How its kernel ran programs: seccomp or ptrace; nil for a model and in summaries of older versions.
    package var guestMode: String?
    /// The kind of model it is.
    package var model: String?
    /// How it ended: "powered off", "panicked", "killed by signal 9".
    package var ended: String
    /// Whether it ended in another way than by powering off on request; nil in summaries of older versions.
    package var failed: Bool?
    package var commands: [CommandSummary]
    package var traffic: Traffic
    /// Its problems, a line each.
    package var problems: [String]
    /// Wall-clock time of its turns, ns; nil if it was not measured.
    package var wallNanoseconds: UInt64?
    /// The part of that in which no other machine had a turn, ns: all others waited for it.
    package var aloneNanoseconds: UInt64?
    /// Number of its turns; nil if they were not counted.
    package var turns: UInt64?

    package init(
        name: String, id: Int, kernel: String?, model: String? = nil, ended: String,
        commands: [CommandSummary] = [],
        traffic: Traffic = Traffic(), problems: [String] = []
    ) {
        self.name = name
        self.id = id
        self.kernel = kernel
        self.model = model
        self.ended = ended
        self.commands = commands
        self.traffic = traffic
        self.problems = problems
    }
}

/// The result of one command.
package struct CommandSummary: Codable, Hashable, Sendable {
    package enum Outcome: String, Codable, Sendable {
        case passed, failed
        case notStarted = "not started"
        case stillRunning = "still running"
    }

    /// Its number among the machine's commands, from 1.
    package var index: Int
    package var command: String
    /// The expected result: "exit 0", "running", "any".
    package var expectation: String
    /// Its exit status; nil if it did not start or was still running at the end.
    package var status: Int?
    package var outcome: Outcome
    package var startNanoseconds: UInt64?
    package var endNanoseconds: UInt64?
    /// The file of its output, relative to the run folder.
    package var output: String
    /// How often its programs went to sleep, and so were woken; nil for a model, and for a command that did not end.
    package var sleeps: UInt64?
    /// The result of a model, one line.
    package var result: String?

    package init(
        index: Int, command: String, expectation: String, status: Int? = nil, outcome: Outcome,
        startNanoseconds: UInt64? = nil, endNanoseconds: UInt64? = nil, output: String,
        sleeps: UInt64? = nil, result: String? = nil
    ) {
        self.index = index
        self.command = command
        self.expectation = expectation
        self.status = status
        self.outcome = outcome
        self.startNanoseconds = startNanoseconds
        self.endNanoseconds = endNanoseconds
        self.output = output
        self.sleeps = sleeps
        self.result = result
    }
}
