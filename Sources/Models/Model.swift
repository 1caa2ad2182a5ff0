package import Network

/// A machine that is a program in this process: what `model:` in a lab file names.
///
/// A new kind is one file with a type like this, and its name in `ModelKinds.all`.
package protocol Model: Sendable {
    /// The word of the lab file.
    static var kind: String { get }
    /// What it is there for: one sentence of the lab file's reference.
    static var meaning: String { get }
    /// What the lab file may say about it, with defaults.
    static var parameters: [ModelParameter] { get }
    /// Why these settings cannot be combined, starting with a parameter's name; nil when they can.
    static func objection(to settings: ModelSettings, mtu: Int) -> String?
    /// It ends by itself; the lab waits for it.
    static func ends(_ settings: ModelSettings) -> Bool
    /// A short summary of what it does, like a command line.
    static func summary(_ settings: ModelSettings) -> String

    init(_ settings: ModelSettings)

    /// Does what it is there for, on simulated time, from the lab's first second on. When the lab ends its task is
    /// cancelled; its output until then still counts.
    ///
    /// - Returns: 0 if all went as expected.
    func run(on machine: ModelMachine) async throws -> Int
}

extension Model {
    package static func objection(to settings: ModelSettings, mtu: Int) -> String? { nil }
}

/// All kinds of models.
package enum ModelKinds {
    package static let all: [any Model.Type] = [
        EchoModel.self, PingModel.self, SinkModel.self, TrafficModel.self,
    ]

    /// The kind that a lab file calls `name`.
    package static func named(_ name: String) -> (any Model.Type)? { all.first { $0.kind == name } }
}

/// A parameter of a model.
package struct ModelParameter: Sendable {
    /// What its value is.
    package enum Kind: Sendable {
        /// ns; from this to this.
        case duration(ClosedRange<UInt64>)
        case integer(ClosedRange<UInt64>)
        case word([String])
        /// Another machine of the lab, by name or address.
        case peer
    }

    package let name: String
    package let kind: Kind
    /// One sentence of the lab file's reference.
    package let meaning: String
    /// Nil for a required parameter.
    package let defaultValue: ModelValue?
    /// A value as a lab file has it.
    package let example: String

    package init(
        _ name: String, _ kind: Kind, _ meaning: String, default defaultValue: ModelValue? = nil,
        example: String
    ) {
        self.name = name
        self.kind = kind
        self.meaning = meaning
        self.defaultValue = defaultValue
        self.example = example
    }
}

/// The value of a model's parameter.
package enum ModelValue: Hashable, Sendable {
    /// ns.
    case duration(UInt64)
    case integer(UInt64)
    case word(String)
    /// The peer's name, and its address once addresses are assigned.
    case peer(name: String, address: IPv4Address?)
}

/// All parameters of a model, defaults applied.
package struct ModelSettings: Hashable, Sendable {
    /// In the order of the kind's parameters.
    package var values: [ModelValue]
    private let names: [String]

    package init(_ names: [String], _ values: [ModelValue]) {
        precondition(names.count == values.count, "each parameter has a value")
        self.names = names
        self.values = values
    }

    /// Names and values in the order of the kind's parameters.
    package var entries: [(name: String, value: ModelValue)] { Array(zip(names, values)).map { ($0, $1) } }

    private subscript(_ name: String) -> ModelValue {
        guard let index = names.firstIndex(of: name) else { preconditionFailure("no parameter \(name)") }
        return values[index]
    }

    /// Why data of the parameter `size`, with that many octets of headers, cannot be sent; nil if it can.
    func objection(toSizeWith overhead: Int, mtu: Int) -> String? {
        let size = integer("size")
        guard size + UInt64(overhead) > UInt64(mtu) else { return nil }
        return "size: \(size) bytes and \(overhead) of headers do not fit the network's mtu of \(mtu)"
    }

    func integer(_ name: String) -> UInt64 {
        guard case .integer(let value) = self[name] else { preconditionFailure("\(name) is not a number") }
        return value
    }

    func duration(_ name: String) -> Duration {
        guard case .duration(let value) = self[name] else { preconditionFailure("\(name) is not a duration") }
        return .nanoseconds(Int64(value))
    }

    func word(_ name: String) -> String {
        guard case .word(let value) = self[name] else { preconditionFailure("\(name) is not a word") }
        return value
    }

    func peer(_ name: String) -> (name: String, address: IPv4Address) {
        guard case .peer(let peer, let address?) = self[name] else {
            preconditionFailure("\(name) is not a peer with an address")
        }
        return (peer, address)
    }

    /// For summaries, before addresses are assigned too.
    func peerName(_ name: String) -> String {
        guard case .peer(let peer, _) = self[name] else { preconditionFailure("\(name) is not a peer") }
        return peer
    }
}
