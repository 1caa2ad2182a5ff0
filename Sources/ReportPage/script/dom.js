// Elements of the document.

export const byId = (id) => document.getElementById(id);

// A new element. Strings among the children become text nodes: nothing that a guest wrote is parsed as HTML.
export function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
        if (name === 'class') element.className = value;
        else if (name === 'click') element.addEventListener('click', value);
        else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
}

// Text with a button that copies it. The clipboard of a file's page has no other way.
export function copyable(text) {
    const button = make('button', { class: 'copy', title: 'Copy' }, 'copy');
    button.addEventListener('click', () => {
        const field = make('textarea', {});
        field.value = text;
        document.body.append(field);
        field.select();
        document.execCommand('copy');
        field.remove();
        button.textContent = 'copied';
    });
    return make('span', {}, make('code', {}, text), ' ', button);
}
