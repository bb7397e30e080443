// Where the list of errors was left, so that one comes back to the same.

const KEY = "errata.list";
const USUAL = "/errors";

/** Notes the list that is shown now. */
export function remember() {
  sessionStorage.setItem(KEY, location.pathname + location.search);
}

/** The list that was shown last in this window. */
export const lastList = () => sessionStorage.getItem(KEY) ?? USUAL;
