// The member templates as they lie here: a StackSet takes text, and `${file(x.yml)}` would give an object.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const readTemplate = (name) => readFileSync(join(__dirname, name), 'utf8');

module.exports = {
  memberRole: readTemplate('member-role.yml'),
  memberEvents: readTemplate('member-events.yml'),
};
