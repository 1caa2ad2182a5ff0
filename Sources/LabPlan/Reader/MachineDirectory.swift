/// Finds machines by what a lab file calls them: their names, and the names of entries with a `count`, which stand for all
/// of theirs.
struct MachineDirectory {
    private let indices: [String: Int]
    private let groups: [String: Int]
    /// In the order of the plan.
    private let names: [String]

    init(_ names: [String], _ groups: MachineGroups) {
        self.names = names
        self.groups = groups.sizes
        indices = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    }

    /// One machine.
    func machine(_ reader: NodeReader) throws(LabFileError) -> Int {
        try machine(try reader.string(), at: reader)
    }

    func machine(_ name: String, at reader: NodeReader) throws(LabFileError) -> Int {
        if let index = indices[name] { return index }
        if let size = groups[name] {
            throw reader.error("\(quoted(name)) is \(size) machines: name one, as in \(name)1")
        }
        throw unknown(name, reader)
    }

    /// A machine, or all of an entry.
    func members(of name: String, at reader: NodeReader) throws(LabFileError) -> [Int] {
        if let index = indices[name] { return [index] }
        guard let size = groups[name] else { throw unknown(name, reader) }
        return (1...size).compactMap { indices["\(name)\($0)"] }
    }

    /// A list of machines and entries, none twice.
    func machines(_ reader: NodeReader) throws(LabFileError) -> [Int] {
        var found: [Int] = []
        var seen: Set<Int> = []
        for element in try reader.elements() {
            for machine in try members(of: try element.string(), at: element) {
                guard seen.insert(machine).inserted else {
                    throw element.error("\(reader.name) names \(quoted(names[machine])) twice")
                }
                found.append(machine)
            }
        }
        guard !found.isEmpty else { throw reader.error("\(reader.name) names no machine") }
        return found
    }

    private func unknown(_ name: String, _ reader: NodeReader) -> LabFileError {
        let known = names + groups.keys.sorted()
        let hint = Suggestion.nearest(to: name, among: known).map { ": did you mean \(quoted($0))?" } ?? ""
        return reader.error("there is no machine \(quoted(name))\(hint)")
    }
}
