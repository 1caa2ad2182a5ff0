internal import Foundation
package import LabPlan

/// What an image says of its programs (OCI image specification, config.md; and what Docker adds to it).
package struct ImageConfig: Decodable, Hashable, Sendable {
    package struct Container: Decodable, Hashable, Sendable {
        package var user: String?
        package var environment: [String]?
        package var entrypoint: [String]?
        package var command: [String]?
        package var workingFolder: String?
        package var stopSignal: String?
        package var health: Healthcheck?

        enum CodingKeys: String, CodingKey {
            case user = "User"
            case environment = "Env"
            case entrypoint = "Entrypoint"
            case command = "Cmd"
            case workingFolder = "WorkingDir"
            case stopSignal = "StopSignal"
            case health = "Healthcheck"
        }
    }

    /// What Docker adds to the specification. Times in ns; 0 or nothing for the default.
    package struct Healthcheck: Decodable, Hashable, Sendable {
        /// `NONE`, or `CMD` and words, or `CMD-SHELL` and a text.
        var test: [String]?
        var interval: UInt64?
        var timeout: UInt64?
        var startPeriod: UInt64?
        var startInterval: UInt64?
        var retries: Int?

        enum CodingKeys: String, CodingKey {
            case test = "Test"
            case interval = "Interval"
            case timeout = "Timeout"
            case startPeriod = "StartPeriod"
            case startInterval = "StartInterval"
            case retries = "Retries"
        }

        /// Nil for none.
        var check: CheckPlan? {
            var plan = HealthPlan()
            func set(_ path: WritableKeyPath<HealthPlan, UInt64>, _ value: UInt64?) {
                if let value, value > 0 { plan[keyPath: path] = value }
            }
            set(\.interval, interval)
            set(\.timeout, timeout)
            set(\.startPeriod, startPeriod)
            set(\.startInterval, startInterval)
            if let retries, retries > 0 { plan.retries = retries }
            guard let test, test.count > 1 else { return nil }
            switch test[0] {
            case "CMD": return .health(plan, words: Array(test.dropFirst()))
            case "CMD-SHELL": return .health(plan, command: test[1])
            default: return nil
            }
        }
    }

    /// Of the processor, as Go calls it.
    package var architecture: String?
    package var os: String?
    package var config: Container?

    /// Longest command, bytes: less than that of a lab file, whose words are counted without quotation marks.
    static let longestCommand = 50_000
    /// Longest configuration, bytes.
    static let longest = 4 << 20

    package init(json: String) throws(TextError) {
        do {
            self = try JSONDecoder().decode(ImageConfig.self, from: Data(json.utf8))
        } catch {
            throw TextError("its configuration is not that of an image: \(error.localizedDescription)")
        }
        // What a lab file could not say either.
        guard json.utf8.count <= Self.longest, !json.contains("\\u0000") else {
            throw TextError("its configuration has more than \(Self.longest) bytes, or a zero byte")
        }
        guard os ?? "linux" == "linux", architecture ?? "amd64" == "amd64" else {
            throw TextError(
                "it is for \(os ?? "linux") on \(architecture ?? "amd64"); machines run linux on amd64")
        }
    }

    /// A machine with what the image says, where the lab file says nothing else.
    ///
    /// An `entrypoint` of the lab file drops the image's command, as container engines do.
    package func applied(to machine: MachinePlan) throws(TextError) -> MachinePlan {
        var machine = machine
        let image = config ?? Container()
        let given = Set(machine.environment.map(\.name))
        machine.environment =
            (image.environment ?? []).compactMap(Self.entry).filter { !given.contains($0.name) }
            + machine.environment
        var software = machine.software
        if software.entrypoint == nil {
            software.entrypoint = image.entrypoint
            software.command = software.command ?? image.command
        }
        if software.user == nil, let user = Self.text(image.user) {
            software.user = try SoftwareText.user(user)
        }
        if software.workingFolder == nil, let folder = Self.text(image.workingFolder) {
            software.workingFolder = try SoftwareText.folder(folder.hasPrefix("/") ? folder : "/\(folder)")
        }
        if machine.commands.isEmpty, var program = CommandPlan.program(of: software) {
            if software.stopSignal == nil, let name = Self.text(image.stopSignal) {
                guard let signal = SignalName(name) ?? Self.signal(numbered: name) else {
                    throw TextError("its stop signal \(name) is not a signal")
                }
                program.stopSignal = signal
            }
            machine.commands = [program]
        }
        if !software.ignoresHealth, !machine.checks.contains(where: \.isHealth),
            let check = image.health?.check
        {
            machine.checks.append(check)
        }
        let texts = machine.commands.map(\.command) + machine.checks.map(\.command)
        guard texts.allSatisfy({ $0.utf8.count <= Self.longestCommand }) else {
            throw TextError("a command of it has more than \(Self.longestCommand) bytes")
        }
        machine.software = software
        return machine
    }

    /// Nil for nothing.
    private static func text(_ text: String?) -> String? { text == "" ? nil : text }

    private static func entry(_ text: String) -> EnvironmentEntry? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        guard !parts[0].isEmpty else { return nil }
        return EnvironmentEntry(name: parts[0], value: parts.count > 1 ? parts[1] : "")
    }

    private static func signal(numbered text: String) -> SignalName? {
        SignalName.names.lazy.compactMap { SignalName($0) }.first { String($0.number) == text }
    }
}
