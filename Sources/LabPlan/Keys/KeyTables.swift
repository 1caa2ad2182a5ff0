/// All tables of keys, for the schema and the reference.
package enum KeyTables {
    /// One for each kind of mapping in a lab file.
    package static let all = list(network: .network, link: .link, fault: .fault)

    /// As the reference has them: keys of links have one table, not one a place.
    package static let documented = list(
        network: .documentedNetwork, link: LinkKey.documented, fault: .faultOnly)

    private static func list(network: KeyTable, link: KeyTable, fault: KeyTable) -> [KeyTable] {
        var tables: [KeyTable] = [
            .lab, network, .path, .machine, .interface, link, .limit, .mount, .file, .command, .health,
            .check,
        ]
        tables += [KeyTable.logRule, fault, .cut, .trigger, .random]
        tables += LinkValueKeys.all
        tables += ModelKeys.tables
        return tables
    }
}
