/** Filters a long list by state without a round trip; without script the same links ask the server. */
class ListFilter extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", (event) => {
      const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-filter]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.show(link.dataset.filter ?? "");
      for (const other of this.querySelectorAll("a[data-filter]")) other.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
      history.replaceState(null, "", link.href);
    });
  }

  private show(wanted: string): void {
    const list = document.getElementById(this.dataset.for ?? "");
    if (!list) return;
    for (const group of list.querySelectorAll<HTMLElement>("[data-states]")) {
      const states = (group.dataset.states ?? "").split(" ");
      group.hidden = wanted !== "" && !states.includes(wanted);
      for (const fold of group.querySelectorAll("details")) fold.open = wanted !== "" && !group.hidden;
      for (const row of group.querySelectorAll<HTMLElement>("[data-state]")) {
        row.hidden = wanted !== "" && row.dataset.state !== wanted;
      }
    }
  }
}

customElements.define("cb-filter", ListFilter);
