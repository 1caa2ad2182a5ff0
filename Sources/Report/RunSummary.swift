/// How a run ended, as `summary.json` has it. Times are integers of nanoseconds; simulated ones count from the start.
package struct RunSummary: Codable, Hashable, Sendable {
    package enum Result: String, Codable, Sendable {
        case passed, failed, interrupted, error
    }

    /// The kernel that machines without one of their own run.
    package struct Kernel: Codable, Hashable, Sendable {
        package var path: String
        package var version: String
        /// What its linker made of its contents (the GNU build ID), hexadecimal; nil when it has none.
        package var buildID: String?

        package init(path: String, version: String, buildID: String? = nil) {
            self.path = path
            self.version = version
            self.buildID = buildID
        }
    }

    package var name: String
    package var seed: UInt64
    /// Nil when no machine has a kernel.
    package var kernel: Kernel?
    package var result: Result
    /// Why it did not pass, one line.
    package var reason: String?
    package var virtualNanoseconds: UInt64
    package var wallNanoseconds: UInt64
    package var toolVersion: String
    /// Most machines that could run at the same time.
    package var jobs: Int
    /// Cores that the run kept to, the calendar's first; nil when the host's scheduler chose.
    package var cores: [Int]?
    /// Times that a machine was moved to another core.
    package var moves: Int
    /// The most memory that any machine's kernel has had, bytes; nil when there was none, or none told.
    package var peakMachineBytes: UInt64?
    /// The most memory that almanac has had, bytes.
    package var peakBytes: UInt64?
    /// Of all that happened, 16 hexadecimal digits: the same in every run of the same lab with the same seed. Nil without a
    /// trace.
    package var hash: String?
    /// What to type to run the same again; nil when nobody said.
    package var repeatCommand: String?
    /// In the order of the lab file.
    package var machines: [MachineSummary]
    /// Checks, rules about logs, reports of kernels and sanitizers.
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

/// What became of one machine.
package struct MachineSummary: Codable, Hashable, Sendable {
    /// What passed a machine's interfaces, as the networks saw it: `sent` came from the machine.
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
    /// The kind of model it is.
    package var model: String?
    /// How it ended: "powered off", "panicked", "killed by signal 9".
    package var ended: String
    /// It ended in another way than by powering off when told; nil in summaries of former versions.
    package var failed: Bool?
    package var commands: [CommandSummary]
    package var traffic: Traffic
    /// What went wrong with it, a line each.
    package var problems: [String]
    /// Wall-clock time that its turns took, ns: what it cost the run. Nil when it was not measured.
    package var wallNanoseconds: UInt64?
    /// How much of that nobody else had a turn, ns: for so long all others waited for it.
    package var aloneNanoseconds: UInt64?
    /// How many turns it had; nil when they were not counted.
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

/// What became of one command.
package struct CommandSummary: Codable, Hashable, Sendable {
    package enum Outcome: String, Codable, Sendable {
        case passed, failed
        case notStarted = "not started"
        case stillRunning = "still running"
    }

    /// Its place among the machine's commands, from 1.
    package var index: Int
    package var command: String
    /// What was expected of it: "exit 0", "running", "any".
    package var expectation: String
    /// Its exit status; nil when it never started or still ran at the end.
    package var status: Int?
    package var outcome: Outcome
    package var startNanoseconds: UInt64?
    package var endNanoseconds: UInt64?
    /// Its output's file, relative to the run folder.
    package var output: String
    /// What a model found out, in a line.
    package var result: String?

    package init(
        index: Int, command: String, expectation: String, status: Int? = nil, outcome: Outcome,
        startNanoseconds: UInt64? = nil, endNanoseconds: UInt64? = nil, output: String,
        result: String? = nil
    ) {
        self.index = index
        self.command = command
        self.expectation = expectation
        self.status = status
        self.outcome = outcome
        self.startNanoseconds = startNanoseconds
        self.endNanoseconds = endNanoseconds
        self.output = output
        self.result = result
    }
}
