/// Commands that somebody who looks at a moment has given to machines. They have numbers above those of the lab's own commands.
struct Looks {
    /// What became of one.
    struct Look {
        let machine: Int
        /// 128 + signal when it was killed.
        var status: Int32?
        /// Why it will never have a status.
        var failure: String?

        var isPending: Bool { status == nil && failure == nil }
    }

    /// The number of the first, for a machine's init.
    static let firstNumber = 1 << 24

    private(set) var all: [Look] = []
    /// What they have written since the last call of `takeOutput`.
    private var output: [UInt8] = []

    /// A command is given to a machine.
    ///
    /// - Returns: its number for the machine's init.
    mutating func add(machine: Int) -> Int {
        all.append(Look(machine: machine))
        return Self.firstNumber + all.count - 1
    }

    var arePending: Bool { all.contains(where: \.isPending) }

    /// Init says something of a command.
    ///
    /// - Returns: false when it is one of the lab's own.
    mutating func take(_ message: ControlMessage) -> Bool {
        switch message {
        case .started(let number, _): return index(number) != nil
        case .output(let number, let bytes):
            guard index(number) != nil else { return false }
            output += bytes
            return true
        case .ended(let number, let status, _, _):
            guard let index = index(number) else { return false }
            all[index].status = status
            return true
        default: return false
        }
    }

    /// Those of a machine, or all, never end.
    mutating func fail(machine: Int? = nil, _ reason: String) {
        for index in all.indices
        where all[index].isPending && (machine ?? all[index].machine) == all[index].machine {
            all[index].failure = reason
        }
    }

    mutating func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    private func index(_ number: Int) -> Int? {
        let index = number - Self.firstNumber
        return all.indices.contains(index) ? index : nil
    }
}

/// What lets a run stand, or go on only for a while, because somebody outside wants it.
struct Visits {
    /// What waits for machines to end their turns.
    var recess = Recess()
    var looks = Looks()
}
