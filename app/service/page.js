"use strict";
const talk = document.getElementById("talk");
const form = document.getElementById("form");
const input = document.getElementById("question");
let before = "";

function say(text, own, where) {
  const line = document.createElement("p");
  line.textContent = text;
  if (own) line.className = "own";
  if (where) {
    const small = document.createElement("small");
    small.textContent = where;
    line.append(small);
  }
  talk.append(line);
  line.scrollIntoView();
  return line;
}

async function ask(question) {
  say(question, true);
  const waiting = say("…", false);
  let told = {};
  try {
    const answer = await fetch("/desk", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ question, before }),
    });
    told = await answer.json();
  } catch (error) {
    told = { error: { message: String(error.message || error) } };
  }
  waiting.remove();
  if (told.error) {
    say([told.error.message, told.error.remedy].filter(Boolean).join(" "), false);
    return;
  }
  say(told.answer, false, told.where);
  before = question;
  for (const choice of told.choices || []) {
    const button = document.createElement("button");
    button.textContent = choice;
    button.onclick = () => ask(choice);
    talk.append(button);
    button.scrollIntoView();
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = input.value.trim();
  if (!question) return;
  input.value = "";
  ask(question);
});
