// @ts-check
/** Asks for the page again, ever more rarely, so that whoever has it read aloud gets to its end. */

/** Seconds of the first wait, and of the longest. */
const [FIRST, LONGEST] = [2, 30];
const [SECONDS, UNTIL] = ["busy.seconds", "busy.until"];

// Of this row of waits, not of one that ended minutes ago.
const goesOn = Date.now() < Number(sessionStorage.getItem(UNTIL));
const seconds = Math.min((goesOn && Number(sessionStorage.getItem(SECONDS))) || FIRST, LONGEST);
sessionStorage.setItem(SECONDS, String(2 * seconds));
sessionStorage.setItem(UNTIL, String(Date.now() + 1000 * (seconds + LONGEST)));
setTimeout(() => location.reload(), 1000 * seconds);

export {}; // A module: its names are not global.
