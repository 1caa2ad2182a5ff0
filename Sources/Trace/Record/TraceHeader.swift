// `FoundationEssentials` and not `Foundation`: its encoder without the locales. Used once a run.
internal import FoundationEssentials

/// What a trace says of its lab before anything happens.
package struct TraceHeader: Codable, Hashable, Sendable {
    /// A machine or a model.
    package struct Participant: Codable, Hashable, Sendable {
        /// Its identity on the calendar, from 1.
        package var id: UInt32
        package var name: String
        /// The kind of model; nil for a machine with a kernel.
        package var model: String?
        package var island: Int
        package var interfaces: [Interface]
        /// What it runs, in order: its commands, then its checks.
        package var commands: [String]
        /// How many of `commands`, the last of them, are checks; nil when there are none.
        package var checks: Int?

        package init(
            id: UInt32, name: String, model: String?, island: Int, interfaces: [Interface],
            commands: [String],
            checks: Int? = nil
        ) {
            self.id = id
            self.name = name
            self.model = model
            self.island = island
            self.interfaces = interfaces
            self.commands = commands
            self.checks = checks
        }
    }

    /// Longest text of a command in a line, characters.
    private static let commandLength = 40

    /// The text of a participant's command, from 1, in one line and shortened; nil when there is no such command.
    package func command(_ number: UInt64, of participant: UInt32) -> String? {
        guard let commands = participants.first(where: { $0.id == participant })?.commands,
            number >= 1, number <= UInt64(commands.count)
        else { return nil }
        let words = commands[Int(number) - 1].split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.count > Self.commandLength ? "\(words.prefix(Self.commandLength - 1))…" : words
    }

    /// A place on a network.
    package struct Interface: Codable, Hashable, Sendable {
        package var name: String
        /// Index into `networks`.
        package var network: Int
        package var mac: String
        package var address: String?

        package init(name: String, network: Int, mac: String, address: String?) {
            self.name = name
            self.network = network
            self.mac = mac
            self.address = address
        }
    }

    /// A network.
    package struct Network: Codable, Hashable, Sendable {
        package var name: String
        /// ns.
        package var latency: UInt64

        package init(name: String, latency: UInt64) {
            self.name = name
            self.latency = latency
        }
    }

    package var lab: String
    package var seed: UInt64
    /// Time of day at instant 0, ns since the epoch.
    package var start: UInt64
    /// `events` or `full`.
    package var level: String
    /// In the order of their identities.
    package var participants: [Participant]
    package var networks: [Network]

    package init(
        lab: String, seed: UInt64, start: UInt64, level: TraceLevel, participants: [Participant],
        networks: [Network]
    ) {
        self.lab = lab
        self.seed = seed
        self.start = start
        self.level = level.rawValue
        self.participants = participants
        self.networks = networks
    }

    /// Where a participant stands in `participants`; nil for the lab itself, and for one that the header does not name.
    package func index(of participant: UInt32) -> Int? {
        let index = Int(participant) - 1
        if participants.indices.contains(index), participants[index].id == participant { return index }
        return participants.firstIndex { $0.id == participant }
    }

    /// The name of a participant; `lab` for 0.
    package func name(of participant: UInt32) -> String {
        if participant == 0 { return "lab" }
        return index(of: participant).map { participants[$0].name } ?? "#\(participant)"
    }

    /// The name of a device of a participant.
    package func device(_ device: UInt64, of participant: UInt32) -> String {
        if device == 0 { return "control" }
        let interfaces = index(of: participant).map { participants[$0].interfaces } ?? []
        if device <= UInt64(interfaces.count) { return interfaces[Int(device) - 1].name }
        switch device - UInt64(interfaces.count) {
        case 1: return "entropy"
        case 2: return "disk"
        default: return "device \(device)"
        }
    }

    func json() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self))
        } catch {
            // Strings and integers only: there is nothing that JSON cannot say.
            preconditionFailure("a trace's header cannot be encoded: \(error)")
        }
    }

    static func read(_ json: [UInt8]) -> TraceHeader? {
        try? JSONDecoder().decode(TraceHeader.self, from: Data(json))
    }
}
